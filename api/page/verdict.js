// What a calibrated model makes of its own answer: believe it, look yourself, or neither.

const LABELS_SHOWN = 8;

/** A sign and a heading for each decision, and what to do; never by colour alone. */
const VERDICTS = {
  accept: { sign: "✓", title: "Clear", words: ({ labels }) => choice(labels) },
  review: { sign: "?", title: "Look for yourself", words: ({ labels }) => choice(labels) },
  unknown: {
    sign: "≠", title: "Unlike anything it knows",
    words: () => ["This picture is like none that the model was tested on: do not go by the bars."],
  },
};

/** Is there a decision, and is it one that leaves the picture to a person? */
const isLeftToPeople = (answer) => Boolean(answer.decision) && answer.decision !== "accept";

/** What the card shows of it; nothing where the model was not calibrated. */
function verdict(answer) {
  const found = VERDICTS[answer.decision];
  if (!found) return [];
  const sign = make("span", { className: "sign", textContent: found.sign });
  sign.setAttribute("aria-hidden", "true");
  const box = make("div", { className: "verdict" }, sign,
    make("p", {}, make("strong", { textContent: found.title }), " ", ...found.words(answer), ...promise(answer)));
  box.dataset.decision = answer.decision;
  return [box];
}

/** Each label by itself: those in Arabic or Hebrew do not turn the sentence around. */
function choice(labels) {
  const shown = labels.slice(0, LABELS_SHOWN).map((label) => make("bdi", { textContent: label }));
  if (!shown.length) return ["No answer is likely enough."];
  if (labels.length === 1) return ["Only ", ...shown, " is likely enough."];
  const more = labels.length - shown.length;
  const last = more ? `${more.toLocaleString("en")} more` : shown.pop();
  return ["Likely enough are ", ...shown.flatMap((label, place) => (place ? [", ", label] : [label])), " and ", last, "."];
}

/** What such a choice is worth. Where there is none, or the picture is unlike all others, nothing is promised. */
function promise({ decision, labels, coverage }) {
  if (decision === "unknown" || !labels.length) return [];
  const textContent = `In at least ${share(coverage)} of pictures like those it was tested on, the right answer is a likely one.`;
  return [make("small", { textContent })];
}

const share = (part) => `${+(100 * part).toFixed(2)}\u202f%`;
