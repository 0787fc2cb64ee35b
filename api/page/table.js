// The cards as a table: CSV as spreadsheets read it, one line a picture.

function csv(cards) {
  const places = Array.from({ length: TOP_K }, (_, place) => [`label_${place + 1}`, `score_${place + 1}`]).flat();
  const facts = ["width", "height", "milliseconds", "sha256", "model", "release", "stage"];
  const head = ["file", ...places, ...CALIBRATED, ...facts, "error"];
  const lines = cards.map(({ file, answer, problem }) => {
    if (answer) return [file.name, ...row(answer), ""];
    return [file.name, ...Array(head.length - 2).fill(""), problem ? `${problem.title}: ${problem.detail}` : "Not answered yet"];
  });
  return "\ufeff" + [head, ...lines].map((line) => line.map(cell).join(",") + "\r\n").join("");
}

/** Empty where the model was not calibrated. */
const CALIBRATED = ["decision", "labels", "coverage"];

function row({ predictions, decision, labels, coverage, image, timing_ms: timing, model }) {
  const places = Array.from({ length: TOP_K }, (_, place) => [predictions[place]?.label, predictions[place]?.score]).flat();
  const facts = [image.width, image.height, timing.total, image.sha256, model.name, model.release, model.stage];
  return [...places, decision, labels?.join("; "), coverage, ...facts];
}

/**
 * Quoted where needed; a text that a spreadsheet would run as a formula is made plain. Where commas
 * stand in numbers, spreadsheets part cells at semicolons, and what follows one could be a formula.
 */
function cell(value) {
  let text = String(value ?? "");
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function download(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
