// A card's way to its answer: as it is, by way of the bucket, or scaled down.

const SMALLEST_BYTES = 10_000; // a gateway that takes less is none for pictures

async function answerTo(card) {
  const { file } = card, limit = LIMITS.picture_bytes;
  const progress = (loaded, total) => card.progress(loaded, total);
  if (!(await isReadable(file))) {
    const detail = `${file.name} is a folder, or has gone from its place. Choose the pictures in it.`;
    throw new Problem({ title: "This cannot be read", detail, status: 400 });
  }
  if (!file.size) {
    const detail = "Nothing is in it. Copy it again from where it was taken.";
    throw new Problem({ title: "This file is empty", detail, status: 400 });
  }
  let id = null;
  if (file.size > limit) {
    if (file.size <= LIMITS.upload_bytes) id = await upload(file, progress).catch(noneUnlessLocked);
    if (!id) return classifySmaller(card, limit, progress);
  }
  try {
    return await (id ? uploaded(id) : classify(file, progress));
  } catch (problem) {
    if (problem.status !== 413) throw problem;
    // Too many pixels, or a gateway that takes less than the service and does not say how much.
    return classifySmaller(card, problem.code === "image_too_large" ? limit : file.size / 2, progress);
  }
}

/** No form, or a bucket that does not take it; but a token that is wanted helps here too. */
function noneUnlessLocked(problem) {
  if (problem.status === 401) throw problem;
  return null;
}

/** Half as large each time until it passes the gateway; the service says itself what it takes. */
async function classifySmaller(card, limit, progress) {
  for (let fitting = limit; ; fitting /= 2) {
    const blob = await smaller(card, fitting);
    try {
      return await classify(blob, progress);
    } catch (problem) {
      if (problem.status !== 413 || problem.code || fitting < SMALLEST_BYTES) throw problem;
    }
  }
}

async function smaller(card, limit) {
  card.wait("Making it smaller");
  const { blob, note } = await shrink(card.file, limit);
  card.note = note;
  return blob;
}

async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
