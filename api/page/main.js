// What becomes of the pictures: a queue, answers, a summary, a table; and the look at the model.

const AT_ONCE = 3;
const cards = [];
const queue = [];
const locked = []; // what waits for a token
let running = 0;
let looks = 0; // at the model: only what the latest of them finds is shown

const counted = (count) => `${count} ${count === 1 ? "picture" : "pictures"}`;

function add(files) {
  const added = files.map((file) => new Card(file, { onAway: away, onAgain: (card) => again([card]) }));
  cards.unshift(...added);
  $("cards").prepend(...added.map((card) => card.element));
  $("answers").hidden = false;
  $("curl").textContent = curlLine(added[0].file.name);
  $("status").textContent = `Looking at ${counted(added.length)}`;
  again(added);
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  $("answers").scrollIntoView({ block: "nearest", behavior: isStill ? "instant" : "smooth" });
}

/** Puts them into the queue, for the first time or once more. */
function again(list) {
  list.forEach(enqueue);
  summarise();
}

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
  const given = token.get();
  const started = performance.now();
  try {
    const found = await answerTo(card);
    card.succeed(found, (performance.now() - started) / 1000);
    if (isNews(found.model)) start();
  } catch (error) {
    if (card.way.signal.aborted) return; // removed while it was under way
    if (isOutdated(error, given)) return again([card]);
    const problem = error instanceof Problem ? await inPlainWords(error, card.file).catch(() => error) : unexpected(error);
    if (card.way.signal.aborted) return;
    card.fail(problem);
    if (problem.status === 401) {
      locked.push(card);
      askForToken(problem.detail);
    }
  }
  $("status").textContent = card.words;
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
  const parts = [counted(cards.length)], waiting = cards.length - answered.length - failed.length;
  if (waiting) parts.push(`${waiting} to go`);
  if (failed.length) parts.push(`${failed.length} without an answer`);
  const left = answered.filter((card) => isLeftToPeople(card.answer)).length;
  if (left) parts.push(`${left} to look at yourself`);
  const mean = milliseconds(total / answered.length);
  if (answered.length) parts.push(answered.length > 1 ? `${mean} each, on average` : `${mean} to answer`);
  $("summary").textContent = parts.join(" · ");
  $("answers").hidden = !cards.length;
  $("csv").disabled = !answered.length && !failed.length;
  const passing = passed();
  $("again").hidden = passing.length < 2; // one has a button of its own
  $("again").textContent = `Try ${passing.length} again`;
}

/** Those whose problem may have passed by now; for a token, it is the token that brings them back. */
const passed = () => cards.filter((card) => card.problem?.passes && !locked.includes(card));

addEventListener("token", () => {
  $("choose").focus();
  again([...locked]);
  $("curl").textContent = curlLine(cards[0]?.file.name ?? "picture.jpg");
  start();
});

$("again").onclick = () => {
  $("answers-title").focus();
  again(passed());
};
$("csv").onclick = () => download("microlens.csv", csv(cards), "text/csv;charset=utf-8");
$("clear").onclick = () => {
  cards.splice(0).forEach((card) => card.drop());
  queue.length = locked.length = 0;
  summarise();
  $("status").textContent = "All pictures were removed";
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
  const mine = ++looks;
  try {
    const { answer: report } = await send("GET", "model");
    if (mine !== looks) return;
    showModel(report);
    const { answer: labels } = await send("GET", "model/labels");
    if (mine === looks) showClasses(labels);
  } catch (problem) {
    if (mine !== looks) return; // a newer token, or another model, has begun anew
    $("model").hidden = problem.status === 401; // who may not ask sees no empty panel
    if (problem.status === 401) return askForToken(problem.detail);
    classes.release = null; // the next answer is news of a model
    $("facts").replaceChildren(make("div", {}, make("dd", { textContent: problem.detail ?? String(problem) })));
  }
}

$("curl").textContent = curlLine("picture.jpg");
// A gateway shows its stage as /prod too; what is asked for from there must lie below it.
if (location.pathname.endsWith("/")) start();
else location.replace(`${location.pathname}/${location.search}`);
