// What people do on the page: give pictures, read answers, take them away as a table.

const AT_ONCE = 3;
const SMALLEST_BYTES = 50_000; // a gateway that takes less is none for pictures
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
  const started = performance.now();
  try {
    const found = await answerTo(card);
    card.succeed(found, (performance.now() - started) / 1000);
    if (isNews(found.model)) start();
  } catch (error) {
    const problem = error instanceof Problem ? error : unexpected(error);
    card.fail(problem);
    if (problem.status === 401) {
      if (cards.includes(card)) locked.push(card);
      askForToken(problem);
    }
  }
  if (cards.includes(card)) $("status").textContent = card.words;
  summarise();
}

const unexpected = (error) => new Problem({ title: "The page could not do that", detail: String(error.message ?? error) });

async function answerTo(card) {
  const { file } = card, limit = LIMITS.picture_bytes;
  const progress = (loaded, total) => card.progress(loaded, total);
  if (!(await isReadable(file))) {
    const detail = `${file.name} is a folder, or has gone from its place. Choose the pictures in it.`;
    throw new Problem({ title: "This cannot be read", detail, status: 400 });
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

function askForToken(problem) {
  if (token.get()) $("token-why").textContent = `The service does not take this token: ${problem.detail}`;
  if (!$("token").hidden) return;
  $("token").hidden = false;
  $("token-value").focus();
}

$("token").onsubmit = (event) => {
  event.preventDefault();
  token.set($("token-value").value.trim());
  $("token-value").value = "";
  $("token").hidden = true;
  $("choose").focus();
  [...locked].forEach(enqueue);
  $("curl").textContent = curlLine(cards[0]?.file.name ?? "picture.jpg");
  start();
};

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
  try {
    await showModel();
  } catch (problem) {
    if (problem.status === 401) return askForToken(problem);
    classes.release = null; // the next answer is news of a model
    $("facts").replaceChildren(make("div", {}, make("dd", { textContent: problem.detail ?? String(problem) })));
  }
}

const largest = megabytes(Math.max(LIMITS.picture_bytes, LIMITS.upload_bytes));
$("limits").textContent = `${LIMITS.formats}, up to ${largest}; larger ones are scaled down first`;
$("sample").parentElement.hidden = !LIMITS.sample;
$("curl").textContent = curlLine("picture.jpg");
// A gateway shows its stage as /prod too; what is asked for from there must lie below it.
if (location.pathname.endsWith("/")) start();
else location.replace(`${location.pathname}/${location.search}`);
