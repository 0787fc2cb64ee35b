// The ways in: chosen, taken with a camera, dropped, pasted, or our sample.

function take(files) {
  $("mishap").hidden = true;
  if (!files.length) return mishap("There was no picture in that. Drop, paste or choose picture files.");
  add(files.map(named));
}

/** Files that come from the clipboard may have no name. */
const named = (file) => (file.name ? file : new File([file], "picture", { type: file.type }));

function mishap(words) {
  $("mishap").textContent = words;
  $("mishap").hidden = false;
}

for (const [button, input] of [["choose", "files"], ["take", "camera"]]) {
  $(button).onclick = () => $(input).click();
  $(input).onchange = () => {
    take([...$(input).files]);
    $(input).value = ""; // the same file may be chosen again
  };
}

$("sample").onclick = async () => {
  try {
    const response = await fetch("sample.png");
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    take([new File([await response.blob()], "chelsea.png", { type: "image/png" })]);
  } catch (error) {
    mishap(`The sample picture did not come: ${error.message}`);
  }
};

const hasFiles = (event) => event.dataTransfer.types.includes("Files");
const isForField = (event) => !hasFiles(event) && event.target.matches?.("input"); // words, to search for
addEventListener("dragover", (event) => {
  if (isForField(event)) return;
  event.preventDefault();
  document.body.classList.toggle("over", hasFiles(event));
});
addEventListener("dragleave", (event) => event.relatedTarget ?? document.body.classList.remove("over"));
addEventListener("drop", (event) => {
  document.body.classList.remove("over");
  if (isForField(event)) return;
  event.preventDefault();
  take([...event.dataTransfer.files]);
});
addEventListener("paste", (event) => {
  if (event.target.matches?.("input")) return;
  take([...(event.clipboardData?.files ?? [])]);
});

$("limits").textContent = `${LIMITS.formats.join(", ")}, up to ${megabytes(largest)}; larger ones are scaled down first`;
// Formats by name, and no image/*: a telephone then makes a JPEG of what the service does not read.
const endings = LIMITS.formats.map((name) => name.toLowerCase());
$("files").accept = endings.map((name) => `image/${name},.${name}`).join();
$("sample").parentElement.hidden = !LIMITS.sample;
