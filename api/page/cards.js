// One picture on the page: a card that waits, is sent, and is answered or says what is wrong.

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

const percent = (score) => `${(100 * score).toFixed(1)}\u202f%`;

class Card {
  constructor(file, { onAway, onAgain }) {
    Object.assign(this, { file, answer: null, problem: null, note: "", seconds: 0, onAgain });
    this.ending = new AbortController();
    this.way = { signal: this.ending.signal, onProgress: (loaded, total) => this.progress(loaded, total) };
    this.shot = make("div", { className: "shot" });
    this.body = make("div", { className: "body" });
    this.title = make("h3", { className: "name", textContent: file.name, title: file.name, dir: "auto" });
    const away = make("button", { type: "button", className: "away", textContent: "×", onclick: () => onAway(this) });
    away.setAttribute("aria-label", `Remove ${file.name}`);
    this.element = make("li", { className: "card" }, this.shot, away, this.body);
    this.element.setAttribute("aria-label", file.name);
    this.#picture();
    this.wait("Waiting for its turn");
  }

  /** Many formats that the service reads are strange to browsers: their name stands in. */
  #picture() {
    this.address = URL.createObjectURL(this.file);
    const kind = this.file.name.includes(".") ? this.file.name.split(".").pop().slice(0, 5) : "file";
    const picture = make("img", { src: this.address, alt: "", loading: "lazy", decoding: "async", draggable: false });
    picture.onerror = () => {
      this.shot.classList.add("blank");
      this.shot.replaceChildren(make("span", { textContent: kind }));
    };
    this.shot.append(picture);
  }

  wait(words) {
    this.problem = null;
    this.#become("waiting", this.title, this.#bar(words), make("p", { className: "foot", textContent: words }));
  }

  /** How much has gone out; after the last byte it is the service that works. */
  progress(loaded, total) {
    if (loaded >= total) return this.wait("Looking at it");
    const sent = `${megabytes(loaded)} of ${megabytes(total)} sent`;
    const [, bar, foot] = this.body.children;
    Object.assign(bar, { max: total, value: loaded });
    foot.textContent = sent;
  }

  succeed(answer, seconds) {
    Object.assign(this, { answer, problem: null, seconds });
    const { image, predictions, timing_ms: timing } = answer;
    const bars = make("ol", { className: "bars" }, ...predictions.map(Card.#line));
    const nothing = make("p", { textContent: "The model sees nothing that it knows." });
    const facts = [`${image.width} × ${image.height}`, image.format, `answered in ${milliseconds(timing.total)}`];
    const foot = make("p", { className: "foot", textContent: facts.join(" · ") });
    foot.title = `${milliseconds(1000 * seconds)} with the way there and back`;
    const read = [...verdict(answer), predictions.length ? bars : nothing];
    this.#become("answered", this.title, ...read, ...this.#noted(), foot);
  }

  fail(problem) {
    Object.assign(this, { answer: null, problem });
    const fault = make("p", { className: "fault" }, make("strong", { textContent: problem.title }), sentence(problem.detail));
    const again = make("button", { type: "button", textContent: "Try again", onclick: () => this.#again() });
    this.#become("failed", this.title, fault, ...this.#said(), ...this.#noted(), ...(problem.passes ? [again] : []));
  }

  /** The button goes away, and who pressed it with the keyboard stays at the card. */
  #again() {
    this.onAgain(this);
    this.element.querySelector(".away").focus();
  }

  /** Takes the card away, and ends what is under way for it. */
  drop() {
    this.ending.abort();
    URL.revokeObjectURL(this.address);
    this.element.remove();
  }

  /** What a screen reader is told when the card has changed. */
  get words() {
    if (this.problem) return `${this.file.name}: ${this.problem.title}. ${this.problem.detail}`;
    const best = this.answer.predictions[0];
    const found = best ? `${best.label}, ${percent(best.score)}` : "nothing known";
    return [`${this.file.name}: ${found}`, VERDICTS[this.answer.decision]?.title].filter(Boolean).join("; ");
  }

  #become(state, ...children) {
    this.element.dataset.state = state;
    this.body.replaceChildren(...children);
  }

  /** The service's own words, for whoever can make use of them. */
  #said() {
    const { said } = this.problem;
    if (!said) return [];
    return [make("details", {}, make("summary", { textContent: "What the service said" }), make("p", { textContent: sentence(said) }))];
  }

  #noted() {
    return this.note ? [make("p", { className: "note", textContent: this.note })] : [];
  }

  #bar(words) {
    const bar = make("progress");
    bar.setAttribute("aria-label", `${this.file.name}: ${words}`);
    return bar;
  }

  static #line({ label, score }) {
    const bar = make("i");
    bar.style.setProperty("--score", `${100 * score}%`);
    return make("li", {}, make("b", { textContent: label, dir: "auto" }), " ", make("span", { textContent: percent(score) }), bar);
  }
}

function milliseconds(count) {
  if (count >= 999.5) return `${(count / 1000).toFixed(1)} s`;
  return `${count < 9.95 ? count.toFixed(1) : Math.round(count)} ms`;
}
