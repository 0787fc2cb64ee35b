"""What became of many pictures, in figures: bounded, however many they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from api.events.settling import Outcome, Verdict

# So many different reasons are told apart, and so many pictures named.
_REASONS = 50
_EXAMPLES = 20
_CHARACTERS = 300
OTHER = "other reasons"


@dataclass(slots=True)
class Tally:
    """Counts what became of pictures. Not safe to use from several threads."""

    classified: int = 0
    were_there: int = 0
    refused: int = 0
    failed: int = 0
    passed_over: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[str, str]] = field(default_factory=list)

    @property
    def pictures(self) -> int:
        """All that were counted."""
        return sum((self.classified, self.were_there, self.refused, self.failed, self.passed_over))

    @property
    def has_bad(self) -> bool:
        """Whether a picture has no answer."""
        return bool(self.refused or self.failed)

    def add(self, outcome: Outcome) -> None:
        """Count one outcome."""
        source = str(outcome.arrival)
        match outcome.verdict:
            case Verdict.DONE:
                self.was_classified(_best(outcome), now=not outcome.was_there)
            case Verdict.PASSED_OVER:
                self.passed_over += 1
            case Verdict.REFUSED:
                self.refused += 1
                self._why(str(outcome.document.get("code")), source, outcome.summary)
            case Verdict.FAILED | Verdict.MALFORMED:
                self.failed += 1
                self._why(outcome.summary.replace(source, "it"), source, outcome.summary)

    def was_classified(self, label: str, *, now: bool = True) -> None:
        """Count one picture by its best label, which it got now or had before."""
        self.classified += now
        self.were_there += not now
        self.labels[label] += 1

    def has_failed(self, reason: str, source: str, detail: str) -> None:
        """Count one picture without an answer, whoever is at fault."""
        self.failed += 1
        self._why(reason, source, detail)

    def _why(self, reason: str, source: str, detail: str) -> None:
        known = reason in self.reasons or len(self.reasons) < _REASONS
        self.reasons[reason[:_CHARACTERS] if known else OTHER] += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append((source, detail[:_CHARACTERS]))


def _best(outcome: Outcome) -> str:
    """The label that a result names first; `nothing` for one that names none."""
    predictions = outcome.document.get("predictions")
    first = predictions[0] if isinstance(predictions, list) and predictions else None
    return str(first.get("label")) if isinstance(first, dict) else "nothing"
