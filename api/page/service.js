// The service: what it takes, and how a picture is sent to it. Addresses are relative, because a
// gateway may have put a stage before them.

const LIMITS = JSON.parse(document.querySelector("meta[name=microlens]").content);
const TOP_K = 5; // as many as the service gives unless told otherwise
const BUSY_TRIES = 4;
const PATIENCE_SECONDS = 180;

/** What went wrong, in the words of the service's problem document where there is one. */
class Problem extends Error {
  constructor({ title, detail, status = 0, code = "" }) {
    super(detail);
    Object.assign(this, { title, detail, status, code });
  }

  /** Might the same request succeed later? */
  get passes() {
    return [0, 401, 429].includes(this.status) || this.status >= 500;
  }
}

/** The parsed JSON of a successful answer, with its status; throws a Problem for any other. */
function send(method, address, { body, type, onProgress, own = true } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, new URL(address, location.href));
    const headers = { ...(own ? token.headers : {}), ...(type ? { "content-type": type } : {}) };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (onProgress) request.upload.onprogress = ({ loaded, total }) => onProgress(loaded, total);
    request.onload = () => {
      const { status } = request, answer = parsed(request.responseText);
      const wait = Number(request.getResponseHeader("retry-after")) || 1;
      if (status < 400) return resolve({ status, answer, wait });
      reject(Object.assign(new Problem(described(status, answer)), { wait }));
    };
    request.onerror = () => reject(new Problem({
      title: "The service did not answer",
      detail: `Nothing came back from ${new URL(address, location.href).host}. Is it running, and are you online?`,
    }));
    request.send(body);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A gateway's own errors are no problem documents. */
function described(status, answer) {
  if (answer?.code && answer?.detail) return answer;
  if (status === 413) {
    return { status, title: "The picture is too large", detail: "The way to the service takes no body of this size." };
  }
  const detail = `It answered with HTTP status ${status}${answer?.message ? `: ${answer.message}` : "."}`;
  return { status, title: "The service could not answer", detail };
}

/** The answer to one picture; a service that is busy is asked again when it says so. */
async function classify(blob, onProgress) {
  for (let tries = 1; ; tries++) {
    try {
      const type = "application/octet-stream";
      return (await send("POST", "classify", { body: blob, type, onProgress })).answer;
    } catch (problem) {
      const isBusy = problem.code === "busy" || problem.status === 429; // that is a gateway's
      if (!isBusy || tries === BUSY_TRIES) throw problem;
      await seconds(Math.min(problem.wait, 10));
    }
  }
}

/** The same for a picture that is too large for a request: by way of the bucket. */
async function upload(file, onProgress) {
  const { id, url, fields } = (await send("POST", "uploads")).answer;
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file); // S3 reads nothing that stands after the file
  await send("POST", url, { body: form, onProgress, own: false });
  return id;
}

async function uploaded(id) {
  for (const end = performance.now() + 1000 * PATIENCE_SECONDS; performance.now() < end;) {
    const { status, answer, wait } = await send("GET", `results/${id}`);
    if (status === 200) return answer;
    await seconds(wait);
  }
  throw new Problem({ title: "There is no answer yet", detail: "The picture was sent, and nothing came back for minutes." });
}

const seconds = (count) => new Promise((resolve) => setTimeout(resolve, 1000 * count));

/** The line that asks the same of the service from a terminal; the token is not shown. */
function curlLine(name) {
  const quoted = (text) => (/^[\w@.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`);
  const secret = token.get() ? ["-H \"authorization: Bearer $TOKEN\""] : [];
  const type = "-H 'content-type: application/octet-stream'", address = quoted(new URL("classify", location.href).href);
  return [`curl --data-binary ${quoted(`@${name}`)}`, type, ...secret, address].join(" \\\n  ");
}
