// Pictures that are larger than the service takes, made smaller in the browser.

const LARGEST_SIDE = 4096;
const SMALLEST_SIDE = 64;

const largest = Math.max(LIMITS.picture_bytes, LIMITS.upload_bytes); // bytes, whichever way they go

/** The picture as a JPEG of at most `limit` bytes, upright whatever its EXIF says; throws a Problem. */
async function shrink(file, limit) {
  let bitmap;
  try {
    await probe(file);
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    await check(file);
    const advice = "your browser cannot make this one smaller. Save it as a smaller JPEG and choose that.";
    throw tooLarge(`${excess(file, limit)}, and ${advice}`);
  }
  const { width, height } = bitmap, longer = Math.max(width, height);
  const first = Math.min(longer, LARGEST_SIDE, longer * Math.sqrt(LIMITS.pixels / (width * height)));
  const canvas = document.createElement("canvas"), drawing = canvas.getContext("2d");
  try {
    for (let side = first; side >= Math.min(SMALLEST_SIDE, first); side *= 0.8) {
      canvas.width = Math.max(1, Math.floor((width * side) / longer));
      canvas.height = Math.max(1, Math.floor((height * side) / longer));
      drawing.fillStyle = "#fff"; // where the picture is transparent, as the service has it
      drawing.fillRect(0, 0, canvas.width, canvas.height);
      drawing.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
      if (blob && blob.size <= limit) {
        return { blob, note: noteOf(width, height, canvas) };
      }
    }
  } finally {
    bitmap.close();
    canvas.width = 0; // Safari has little memory for all canvases together, and frees it late
  }
  throw tooLarge(`However small it is made, it does not fit into ${megabytes(limit)}.`);
}

/** Rejects what this browser cannot show: of a gigabyte of TIFF, createImageBitmap would read all to find that out. */
async function probe(file) {
  const address = URL.createObjectURL(file);
  try {
    await new Promise((onload, onerror) => Object.assign(new Image(), { onload, onerror, src: address }));
  } finally {
    URL.revokeObjectURL(address);
  }
}

const tooLarge = (detail) => new Problem({ title: "The picture is too large", detail, status: 413 });

/** What there is too much of. A limit below that of the service is our guess at a gateway's. */
function excess(file, limit) {
  if (file.size <= limit) return "It has more pixels than this service takes";
  const size = `It has ${megabytes(file.size)}`;
  if (limit < LIMITS.picture_bytes) return `${size}, which is more than passes on the way to the service`;
  return `${size}; this service takes at most ${megabytes(file.size > LIMITS.upload_bytes ? largest : limit)}`;
}

function noteOf(width, height, canvas) {
  const why = "because this service takes none so large.";
  if (canvas.width === width) return `Saved anew in your browser as a smaller JPEG, ${why}`;
  return `Scaled down in your browser from ${width} × ${height} to ${canvas.width} × ${canvas.height}, ${why}`;
}

function megabytes(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
