// The service: what it takes, and how a picture is sent to it. Addresses are relative, because a
// gateway may have put a stage before them.

const LIMITS = JSON.parse(document.querySelector("meta[name=microlens]").content);
const TOP_K = 5; // as many as the service gives unless told otherwise
const BUSY_TRIES = 4;
const LONGEST_WAIT_SECONDS = 10; // whatever a gateway would like
const PATIENCE_SECONDS = 180;
const SILENCE_SECONDS = LIMITS.deadline_seconds + 30; // the service itself gives up before

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

  /** Is there too much to do just now? A gateway says so in its own way. */
  get isBusy() {
    return this.code === "busy" || this.status === 429;
  }
}

/**
 * The parsed JSON of a successful answer, with its status; throws a Problem for any other.
 * A service that is busy is asked again when it says so. `signal` ends all of it.
 */
async function send(method, address, options = {}) {
  for (let tries = 1; ; tries++) {
    try {
      return await ask(method, address, options);
    } catch (problem) {
      if (!problem.isBusy || tries === BUSY_TRIES) throw problem;
      await seconds(problem.wait, options.signal);
    }
  }
}

function ask(method, address, { body, type, signal, onProgress, own = true }) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open(method, new URL(address, location.href));
    const headers = { ...(own ? token.headers : {}), ...(type ? { "content-type": type } : {}) };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (onProgress) request.upload.onprogress = ({ loaded, total }) => onProgress(loaded, total);
    request.onload = () => {
      const { status } = request, answer = parsed(request.responseText);
      const wait = Math.min(Number(request.getResponseHeader("retry-after")) || 1, LONGEST_WAIT_SECONDS);
      if (status < 400 && (answer !== null || !own)) return resolve({ status, answer, wait });
      reject(Object.assign(new Problem(described(status, answer)), { wait }));
    };
    request.onerror = request.onabort = () => reject(signal?.aborted ? signal.reason : new Problem({
      title: "The service did not answer",
      detail: `Nothing came back from ${new URL(address, location.href).host}. Is it running, and are you online?`,
    }));
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    endInSilence(request);
    request.send(body);
  });
}

/** Ends it when nothing goes out and nothing comes back any more: networks vanish without a word. */
function endInSilence(request) {
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => request.abort(), 1000 * SILENCE_SECONDS);
  };
  wait();
  request.upload.addEventListener("progress", wait);
  request.addEventListener("loadend", () => clearTimeout(timer));
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
  if (status < 400) {
    const detail = "What came back is not from the service, but perhaps a page to sign in: open this page anew.";
    return { title: "Something else answered", detail };
  }
  if (status === 413) {
    return { status, title: "The picture is too large", detail: "The way to the service takes no body of this size." };
  }
  const detail = `It answered with HTTP status ${status}${answer?.message ? `: ${answer.message}` : "."}`;
  return { status, title: "The service could not answer", detail };
}

/** The answer to one picture; `way` is who may end it, and who hears of what has gone out. */
async function classify(blob, way) {
  return (await send("POST", "classify", { ...way, body: blob, type: "application/octet-stream" })).answer;
}

/** The same for a picture that is too large for a request: by way of the bucket. */
async function upload(file, way) {
  const { id, url, fields } = (await send("POST", "uploads", { signal: way.signal })).answer;
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file); // S3 reads nothing that stands after the file
  await send("POST", url, { ...way, body: form, own: false });
  return id;
}

async function uploaded(id, { signal }) {
  for (const end = performance.now() + 1000 * PATIENCE_SECONDS; performance.now() < end;) {
    const { status, answer, wait } = await send("GET", `results/${id}`, { signal });
    if (status === 200) return answer;
    await seconds(wait, signal);
  }
  throw new Problem({ title: "There is no answer yet", detail: "The picture was sent, and nothing came back for minutes." });
}

/** Waits so long, and no longer when `signal` ends what is waited for. */
const seconds = (count, signal) => new Promise((resolve) => {
  setTimeout(resolve, 1000 * count);
  signal?.addEventListener("abort", resolve, { once: true });
});

/** The line that asks the same of the service from a terminal; the token is not shown. */
function curlLine(name) {
  const quoted = (text) => (/^[\w@.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`);
  const secret = token.get() ? ["-H \"authorization: Bearer $TOKEN\""] : [];
  const type = "-H 'content-type: application/octet-stream'", address = quoted(new URL("classify", location.href).href);
  return [`curl --data-binary ${quoted(`@${name}`)}`, type, ...secret, address].join(" \\\n  ");
}
