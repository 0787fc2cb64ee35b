// What people do on the page: give pictures, read answers, take them away as a table.

const AT_ONCE = 3;
const cards = [];
const queue = [];
const locked = []; // what waits for a token
let running = 0;

function add(files) {
  $("mishap").hidden = true;
  if (!files.length) return mishap("There was no picture in that. Drop, paste or choose picture files.");
  const added = files.map((file) => new Card(named(file), { onAway: away, onAgain: enqueue }));
  cards.unshift(...added);
  $("cards").prepend(...added.map((card) => card.element));
  $("answers").hidden = false;
  $("curl").textContent = curlLine(added[0].file.name);
  summarise();
  added.forEach(enqueue);
  $("answers").scrollIntoView({ block: "nearest", behavior: "smooth" });
}

/** Files that come from the clipboard may have no name. */
const named = (file) => (file.name ? file : new File([file], "picture", { type: file.type }));

function enqueue(card) {
  if (!cards.includes(card)) return; // removed while it was under way
  if (locked.includes(card)) locked.splice(locked.indexOf(card), 1);
  card.wait("Waiting for its turn");
  queue.push(card);
  work();
}

/** Bounded, so that a hundred photos do not take a hundred connections, or a hundred Lambdas. */
function work() {
  while (running < AT_ONCE && queue.length) {
    running += 1;
    answer(queue.shift()).finally(() => {
      running -= 1;
      work();
    });
  }
}

async function answer(card) {
  card.note = "";
  const given = token.get();
  const started = performance.now();
  try {
    const found = await answerTo(card);
    card.succeed(found, (performance.now() - started) / 1000);
    if (isNews(found.model)) start();
  } catch (error) {
    if (isOutdated(error, given)) return enqueue(card);
    const problem = error instanceof Problem ? await inPlainWords(error, card.file).catch(() => error) : unexpected(error);
    card.fail(problem);
    if (problem.status === 401) {
      if (cards.includes(card)) locked.push(card);
      askForToken(problem.detail);
    }
  }
  if (cards.includes(card)) $("status").textContent = card.words;
  summarise();
}

const unexpected = (error) => new Problem({ title: "The page could not do that", detail: String(error.message ?? error) });

function away(card) {
  const next = card.element.nextElementSibling ?? card.element.previousElementSibling;
  for (const list of [cards, queue, locked]) if (list.includes(card)) list.splice(list.indexOf(card), 1);
  card.drop();
  $("status").textContent = `${card.file.name} was removed`;
  summarise();
  (next?.querySelector(".away") ?? $("choose")).focus();
}

function summarise() {
  const answered = cards.filter((card) => card.answer), failed = cards.filter((card) => card.problem);
  const total = answered.reduce((sum, card) => sum + card.answer.timing_ms.total, 0);
  const parts = [`${cards.length} ${cards.length === 1 ? "picture" : "pictures"}`];
  if (failed.length) parts.push(`${failed.length} without an answer`);
  const left = answered.filter((card) => isLeftToPeople(card.answer)).length;
  if (left) parts.push(`${left} to look at yourself`);
  const mean = milliseconds(total / answered.length);
  if (answered.length) parts.push(answered.length > 1 ? `${mean} each, on average` : `${mean} to answer`);
  $("summary").textContent = parts.join(" · ");
  $("answers").hidden = !cards.length;
  $("csv").disabled = !answered.length && !failed.length;
}

function mishap(words) {
  $("mishap").textContent = words;
  $("mishap").hidden = false;
}

addEventListener("token", () => {
  $("choose").focus();
  [...locked].forEach(enqueue);
  $("curl").textContent = curlLine(cards[0]?.file.name ?? "picture.jpg");
  start();
});

for (const [button, input] of [["choose", "files"], ["take", "camera"]]) {
  $(button).onclick = () => $(input).click();
  $(input).onchange = () => {
    add([...$(input).files]);
    $(input).value = ""; // the same file may be chosen again
  };
}

$("sample").onclick = async () => {
  try {
    const response = await fetch("sample.png");
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    add([new File([await response.blob()], "chelsea.png", { type: "image/png" })]);
  } catch (error) {
    mishap(`The sample picture did not come: ${error.message}`);
  }
};

let depth = 0; // dragging over a child leaves its parent
const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
addEventListener("dragenter", (event) => hasFiles(event) && ++depth && document.body.classList.add("over"));
addEventListener("dragleave", (event) => hasFiles(event) && !--depth && document.body.classList.remove("over"));
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  depth = 0;
  document.body.classList.remove("over");
  add([...event.dataTransfer.files]);
});
addEventListener("paste", (event) => {
  if (event.target.matches?.("input")) return;
  add([...(event.clipboardData?.files ?? [])]);
});

$("csv").onclick = () => download("microlens.csv", csv(cards), "text/csv;charset=utf-8");
$("clear").onclick = () => {
  cards.splice(0).forEach((card) => card.drop());
  queue.length = locked.length = 0;
  summarise();
  $("choose").focus();
};
$("copy").onclick = async () => {
  try {
    await navigator.clipboard.writeText($("curl").textContent);
    $("copy").textContent = "Copied";
  } catch {
    getSelection().selectAllChildren($("curl"));
    $("copy").textContent = "Press Ctrl+C";
  }
  $("status").textContent = $("copy").textContent;
  setTimeout(() => ($("copy").textContent = "Copy"), 2000);
};

async function start() {
  const given = token.get();
  try {
    await showModel();
  } catch (problem) {
    if (isOutdated(problem, given)) return; // the newer token has begun anew
    $("model").hidden = problem.status === 401; // who may not ask sees no empty panel
    if (problem.status === 401) return askForToken(problem.detail);
    classes.release = null; // the next answer is news of a model
    $("facts").replaceChildren(make("div", {}, make("dd", { textContent: problem.detail ?? String(problem) })));
  }
}

const largest = megabytes(Math.max(LIMITS.picture_bytes, LIMITS.upload_bytes));
$("limits").textContent = `${LIMITS.formats.join(", ")}, up to ${largest}; larger ones are scaled down first`;
// Formats by name, and no image/*: a telephone then makes a JPEG of what the service does not read.
const endings = LIMITS.formats.map((name) => name.toLowerCase());
$("files").accept = endings.map((name) => `image/${name},.${name}`).join();
$("sample").parentElement.hidden = !LIMITS.sample;
$("curl").textContent = curlLine("picture.jpg");
// A gateway shows its stage as /prod too; what is asked for from there must lie below it.
if (location.pathname.endsWith("/")) start();
else location.replace(`${location.pathname}/${location.search}`);
