// The model that answers, and the classes that it knows.

const SHOWN_AT_FIRST = 30;
const SHOWN_AT_MOST = 2000;

const classes = { all: [], limit: SHOWN_AT_FIRST, release: "" };

function showModel(report) {
  const { model } = report;
  if (!model) throw new Problem({ title: "No model", detail: "No model has been loaded yet.", status: 503 });
  classes.release = model.release;
  const place = model.stage ? `${model.name} · ${model.stage}` : model.name;
  $("chip").textContent = place;
  $("chip").setAttribute("aria-label", `The model: ${place}`);
  $("chip").hidden = false;
  const known = report.labels.toLocaleString("en");
  $("lead").textContent = `Give it a photo, and see which of ${known} things the model takes it for.`;
  $("model").hidden = false;
  $("facts").replaceChildren(...facts(report).flatMap(([name, value, whole]) => value
    ? [make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: value, title: whole ?? "" }))]
    : []));
}

/** Has another model taken over since the page was opened? Says so once for each. */
function isNews({ release }) {
  const news = classes.release !== "" && classes.release !== release;
  classes.release = release;
  return news;
}

function facts({ model, manifest, labels }) {
  const { input, accuracy, calibration, origin } = manifest;
  return [
    ["Name", model.name],
    ["Stage", model.stage ?? "none"],
    ["Release", model.release.slice(0, 12), model.release],
    ["Classes", labels.toLocaleString("en")],
    ["Looks at", input && `${input.width} × ${input.height} px`],
    ["Was right", accuracy && `${percent(accuracy.top1)} of ${accuracy.pictures.toLocaleString("en")} pictures`],
    ["Gives a clear answer", calibration && `to ${percent(calibration.accepted)} of ${calibration.pictures.toLocaleString("en")} pictures`],
    ["Clear but wrong", calibration && percent(calibration.accepted_wrong)],
    ["Licence", origin?.licence],
  ];
}

function showClasses(labels) {
  classes.all = labels;
  $("classes").hidden = false;
  search();
}

/** The classes that hold every word that was typed. */
function search() {
  const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = classes.all.filter((label) => words.every((word) => label.toLowerCase().includes(word)));
  const shown = found.slice(0, classes.limit);
  $("labels").replaceChildren(...shown.map((label) => make("li", { dir: "auto" }, ...marked(label, words))));
  $("found").textContent = words.length ? `${found.length.toLocaleString("en")} of ${classes.all.length.toLocaleString("en")}` : "";
  const more = Math.min(found.length, SHOWN_AT_MOST) - shown.length;
  $("more").hidden = more <= 0;
  $("more").textContent = `Show ${more.toLocaleString("en")} more`;
  if (words.length && !found.length) $("labels").append(make("li", { textContent: "No, nothing of that name" }));
}

function marked(label, words) {
  const at = words.length ? label.toLowerCase().indexOf(words[0]) : -1;
  if (at < 0) return [label];
  const end = at + words[0].length;
  return [label.slice(0, at), make("mark", { textContent: label.slice(at, end) }), label.slice(end)];
}

$("search").oninput = () => {
  classes.limit = SHOWN_AT_FIRST;
  search();
};
$("more").onclick = () => {
  classes.limit = SHOWN_AT_MOST;
  search();
  $("labels").focus();
};
