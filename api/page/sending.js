// A card's way to its answer: as it is, by way of the bucket, or scaled down.

const SMALLEST_BYTES = 10_000; // a gateway that takes less is none for pictures

async function answerTo(card) {
  const { file, way } = card, limit = LIMITS.picture_bytes;
  await check(file);
  let id = null;
  if (file.size > limit) {
    await refuseStranger(file);
    if (file.size <= LIMITS.upload_bytes) id = await upload(file, way).catch(noneIfRefused);
    if (!id) return classifySmaller(card, limit);
  }
  try {
    return await (id ? uploaded(id, way) : classify(file, way));
  } catch (problem) {
    if (problem.status === 0) await check(file); // changed while it was under way, nothing more comes of it
    if (problem.status !== 413) throw problem;
    // Too many pixels, or a gateway that takes less than the service and does not say how much.
    return classifySmaller(card, problem.code === "image_too_large" ? limit : file.size / 2);
  }
}

/** Throws a Problem when nothing can be read there: the browser says no more than that. */
async function check(file) {
  const isReadable = await file.slice(0, 1).arrayBuffer().then(() => true, () => false);
  if (!isReadable) {
    const detail = "It is a folder (choose the pictures in it), or was changed or moved since you chose it (choose it again).";
    throw new Problem({ title: "This cannot be read", detail, status: 400 });
  }
  if (!file.size) {
    const detail = "Nothing is in it. Copy it again from where it was taken.";
    throw new Problem({ title: "This file is empty", detail, status: 400 });
  }
}

/** No form, or a bucket that does not take it; but a token that is wanted helps here too. */
function noneIfRefused(problem) {
  if (problem.status === 401 || !(problem instanceof Problem)) throw problem;
  return null;
}

/** Half as large each time until it passes the gateway; the service says itself what it takes. */
async function classifySmaller(card, limit) {
  for (let fitting = limit; ;) {
    const blob = await smaller(card, fitting);
    try {
      return await classify(blob, card.way);
    } catch (problem) {
      if (problem.status !== 413 || problem.code || fitting < SMALLEST_BYTES) throw problem;
      fitting = Math.min(fitting, blob.size) / 2; // what was refused is not sent again
    }
  }
}

let shrinking = Promise.resolve();

/** One at a time: three photos of 50 megapixels would be 600 MB of a phone's memory. */
async function smaller(card, limit) {
  card.wait("Making it smaller");
  const mine = shrinking.then(() => {
    card.way.signal.throwIfAborted();
    return shrink(card.file, limit);
  });
  shrinking = mine.catch(() => {});
  const { blob, note } = await mine;
  card.note = note;
  return blob;
}
