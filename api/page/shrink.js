// Pictures that are larger than the service takes, made smaller in the browser.

const LARGEST_SIDE = 4096;
const SMALLEST_SIDE = 64;

/** The picture as a JPEG of at most `limit` bytes, upright whatever its EXIF says; throws a Problem. */
async function shrink(file, limit) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new Problem({
      title: "The picture is too large",
      detail: `${file.name} has ${megabytes(file.size)}; this service takes at most ${megabytes(limit)}, and your ` +
        "browser cannot make this one smaller. Save it as a smaller JPEG and try again.",
      status: 413,
    });
  }
  const { width, height } = bitmap, longer = Math.max(width, height);
  const largest = Math.min(longer, LARGEST_SIDE, longer * Math.sqrt(LIMITS.pixels / (width * height)));
  const canvas = document.createElement("canvas"), drawing = canvas.getContext("2d");
  try {
    for (let side = largest; side >= SMALLEST_SIDE; side *= 0.8) {
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
  }
  const detail = `${file.name} does not fit into ${megabytes(limit)}.`;
  throw new Problem({ title: "The picture is too large", detail, status: 413 });
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
