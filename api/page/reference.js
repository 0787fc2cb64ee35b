// The reference: every operation of openapi.json, what goes in, what comes out, and a form to try it.

const METHODS = ["get", "post", "put", "patch", "delete"];
const slug = (method, path) => `${method}-${path.replaceAll(/[^a-z0-9]+/gi, "-")}`;
const asJson = (value) => {
  const textContent = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return make("pre", { tabIndex: 0 }, make("code", { textContent }));
};

function operations() {
  return Object.entries(description.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({
      method, path, ...item[method], parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map(resolved),
    })));
}

/** The operations under the headings that their first tags give, in the document's own order. */
function groups() {
  const found = new Map((description.tags ?? []).map((tag) => [tag.name, { ...tag, operations: [] }]));
  for (const operation of operations()) {
    const name = operation.tags?.[0] ?? "other";
    if (!found.has(name)) found.set(name, { name, operations: [] });
    found.get(name).operations.push(operation);
  }
  return [...found.values()].filter((group) => group.operations.length);
}

function show() {
  $("title").textContent = `${description.info.title} ${description.info.version}`;
  $("about").replaceChildren(...paragraphs(description.info.description ?? description.info.summary ?? ""));
  for (const group of groups()) {
    $("contents").append(make("h2", { textContent: group.name }), ...group.operations.map(({ method, path }) =>
      make("a", { href: `#${slug(method, path)}` }, make("small", { textContent: method.toUpperCase() }), path)));
    $("operations").append(make("h2", { textContent: group.name }),
      ...(group.description ? [make("p", { textContent: group.description })] : []), ...group.operations.map(article));
  }
}

function article(operation) {
  const { method, path, summary, description: words, parameters, requestBody, responses } = operation;
  const heading = make("h3", {}, make("span", { className: "method", textContent: method.toUpperCase() }), path,
    make("span", { className: "summary", textContent: summary ?? "" }));
  return make("article", { className: "operation panel", id: slug(method, path) }, heading,
    ...(words ? [make("div", {}, ...paragraphs(words))] : []),
    ...(parameters.length ? [section("Parameters", make("ul", { className: "fields" }, ...parameters.map(parameter)))] : []),
    ...(requestBody ? [body(resolved(requestBody))] : []),
    section("Answers", ...Object.entries(responses).map(([status, each]) => answer(status, resolved(each)))),
    make("details", {}, make("summary", { textContent: "Try it" }), make("div", {}, trial(operation))));
}

function parameter({ name, schema, required, description: words, in: place }) {
  return field(name, schema, { required, words: [words, place === "query" ? "" : `in the ${place}`].filter(Boolean).join("; ") });
}

const section = (title, ...children) => make("section", {}, make("h4", { textContent: title }), ...children);

function body({ description: words, content }) {
  return section("Body", ...(words ? [make("div", {}, ...paragraphs(words))] : []), ...media(content));
}

function answer(status, { description: words, headers, content }) {
  const title = make("summary", {}, make("code", { textContent: status, className: status >= "400" ? "failed" : "" }),
    make("span", {}, ...marks(words ?? "")));
  const named = Object.entries(headers ?? {}).map(([name, each]) =>
    field(name, resolved(each).schema, { words: resolved(each).description }));
  return make("details", {}, title, make("div", {},
    ...(named.length ? [make("ul", { className: "fields" }, ...named)] : []),
    ...(content ? media(content) : [make("p", { textContent: "No body." })])));
}

/** Each content type: its fields, and its examples. */
function media(content) {
  return Object.entries(content ?? {}).map(([type, { schema, example, examples }]) => {
    const given = Object.entries(examples ?? (example === undefined ? {} : { example: { value: example } }));
    const shown = given.map(([name, each]) => make("div", {},
      make("p", {}, ...marks(`Example \`${name}\`${each.summary ? `: ${each.summary}` : ""}`)), asJson(resolved(each).value)));
    const title = make("summary", {}, make("code", { textContent: type }), make("span", { textContent: schema ? kind(schema) : "" }));
    return make("details", {}, title, make("div", {}, ...paragraphs(resolved(schema).description ?? ""), ...inside(schema), ...shown));
  });
}

async function start() {
  const given = token.get();
  try {
    const response = await fetch("openapi.json", { headers: token.headers });
    if (isOutdated(response, given)) return; // the newer token has begun anew
    $("file").hidden = response.status === 401; // a link brings no token
    if (response.status === 401) return askForToken(refusal(await response.text()));
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    description = await response.json();
    if (token.get()) keepFile();
    $("mishap").hidden = true;
    show();
    $(location.hash.slice(1))?.scrollIntoView();
  } catch (error) {
    $("mishap").textContent = `The description of the service did not come: ${error.message}`;
    $("mishap").hidden = false;
  }
}

/** Lets the link hand out what has come. */
function keepFile() {
  const file = new Blob([JSON.stringify(description, null, 2)], { type: "application/json" });
  Object.assign($("file"), { href: URL.createObjectURL(file), download: "openapi.json" });
}

/** Why the service refuses; a gateway's own words are no problem document. */
function refusal(text) {
  try {
    return JSON.parse(text).detail ?? "";
  } catch {
    return "";
  }
}

addEventListener("token", async () => {
  if (description) return;
  await start();
  if (description) $("operations").focus();
});
