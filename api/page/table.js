// The cards as a table: CSV as spreadsheets read it, one line a picture.

function csv(cards) {
  const places = Array.from({ length: TOP_K }, (_, place) => [`label_${place + 1}`, `score_${place + 1}`]).flat();
  const head = ["file", ...places, "width", "height", "milliseconds", "sha256", "model", "release", "stage", "error"];
  const lines = cards.filter((card) => card.answer || card.problem).map(row);
  return "\ufeff" + [head, ...lines].map((line) => line.map(cell).join(",") + "\r\n").join("");
}

function row({ file, answer, problem }) {
  if (problem) return [file.name, ...Array(2 * TOP_K + 7).fill(""), `${problem.title}: ${problem.detail}`];
  const { predictions, image, timing_ms: timing, model } = answer;
  const places = Array.from({ length: TOP_K }, (_, place) => [predictions[place]?.label, predictions[place]?.score]).flat();
  return [file.name, ...places, image.width, image.height, timing.total, image.sha256, model.name, model.release, model.stage, ""];
}

/** Quoted where needed; a text that a spreadsheet would run as a formula is made plain. */
function cell(value) {
  let text = String(value ?? "");
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function download(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
