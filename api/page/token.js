// The token that a service may want: asked for when it refuses, sent with every request from then on.

/** Kept until the tab is closed; where the browser keeps nothing, until the page is left. */
const token = {
  kept: "",
  get() {
    try {
      return sessionStorage.getItem("microlens-token") ?? this.kept;
    } catch {
      return this.kept;
    }
  },
  set(value) {
    this.kept = value;
    try {
      sessionStorage.setItem("microlens-token", value);
    } catch {
      // then it is not kept longer
    }
  },
  /** What goes with a request to the service. */
  get headers() {
    return this.get() ? { authorization: `Bearer ${this.get()}` } : {};
  },
};

/** Is this the refusal of a token that has been replaced since the request went out with it? */
const isOutdated = (problem, given) => problem.status === 401 && token.get() !== given;

/** Shows the form after a refusal; the window hears "token" when somebody has given one. */
function askForToken(refusal) {
  const words = "The service does not take this token";
  if (token.get()) $("token-why").textContent = refusal ? `${words}: ${refusal}` : `${words}.`;
  if (!$("token").hidden) return;
  $("token").hidden = false;
  $("token-value").focus();
}

$("token").onsubmit = (event) => {
  event.preventDefault();
  token.set($("token-value").value.trim());
  $("token-value").value = "";
  $("token").hidden = true;
  dispatchEvent(new Event("token"));
};
