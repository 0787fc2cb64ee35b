// A form that sends a request of one operation, and shows what came back.

function trial({ method, path, parameters, requestBody }) {
  const types = Object.keys(resolved(requestBody).content ?? {});
  const inputs = parameters.map((each) => {
    const placeholder = String(resolved(each.schema).default ?? "");
    return [each, make("input", { placeholder, required: Boolean(each.required) })];
  });
  const type = make("select", {}, ...types.map((name) => make("option", { textContent: name })));
  const file = make("input", { type: "file", multiple: true });
  const text = make("textarea", { spellcheck: false });
  const result = make("div", {});
  result.setAttribute("aria-live", "polite");
  const asText = () => /json|urlencoded|^text/.test(type.value);
  const fileLabel = labelled("File", file), textLabel = labelled("Body", text);
  type.onchange = () => {
    fileLabel.hidden = asText();
    textLabel.hidden = !asText();
    const media = resolved(requestBody).content?.[type.value] ?? {};
    const example = media.example ?? Object.values(media.examples ?? {})[0]?.value;
    text.value = example === undefined ? "" : JSON.stringify(example, null, 2);
  };
  const form = make("form", { className: "try" },
    ...(inputs.length ? [make("div", { className: "row" }, ...inputs.map(([each, input]) => labelled(each.name, input)))] : []),
    ...(types.length ? [labelled("Content type", type), fileLabel, textLabel] : []),
    make("button", { className: "primary", textContent: "Send" }), result);
  if (types.length) type.onchange();
  let asked = 0;
  form.onsubmit = async (event) => {
    event.preventDefault();
    const mine = ++asked, found = await sent(request);
    if (mine === asked) result.replaceChildren(...found); // else something newer was asked
  };

  function request() {
    const headers = new Headers(token.headers), query = new URLSearchParams();
    let address = path.slice(1);
    for (const [{ name, in: place }, input] of inputs) {
      if (place === "path") address = address.replace(`{${name}}`, encodeURIComponent(input.value));
      else if (input.value && place === "query") query.append(name, input.value);
      else if (input.value && place === "header") headers.set(name, input.value);
    }
    if (query.size) address += `?${query}`;
    return [address, { method: method.toUpperCase(), headers, body: types.length ? content(headers) : undefined }];
  }

  function content(headers) {
    if (type.value === "multipart/form-data") {
      const form = new FormData();
      for (const each of file.files) form.append("image", each);
      return form; // the browser names the boundary
    }
    headers.set("content-type", type.value.includes("*") ? file.files[0]?.type || "application/octet-stream" : type.value);
    return asText() ? text.value : file.files[0];
  }
  return form;
}

const labelled = (words, input) => make("label", {}, words, input);

/** What is shown of the answer to what `request` makes; a header may refuse its value. */
async function sent(request) {
  const started = performance.now();
  try {
    const [address, options] = request();
    const response = await fetch(address || "./", options), text = await response.text();
    const spent = Math.round(performance.now() - started);
    const status = make("code", { textContent: `${response.status} ${response.statusText}`.trim() });
    const type = response.headers.get("content-type") ?? "no body";
    if (response.status === 401) askForToken(refusal(text));
    return [make("p", {}, status, ` in ${spent} ms, ${type}`), asJson(pretty(text))];
  } catch (error) {
    return [make("p", { textContent: `Nothing came back: ${error.message}` })];
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text.slice(0, 20_000);
  }
}

start();
