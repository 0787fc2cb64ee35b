"""What became of the pieces of an event, and how most senders are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from api.events import Arrival, Malformed, Piece
from inference.errors import BadRequest, SourceUnavailable


class Verdict(StrEnum):
    """What became of one picture."""

    DONE = "done"
    REFUSED = "refused"
    """It cannot be read, and its result says so: another try would say the same."""
    PASSED_OVER = "passed over"
    MALFORMED = "malformed"
    FAILED = "failed"
    """A fault that may pass: another try may help."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one picture, in a word and a sentence, and where its result lies.

    `was_there` says that the result was written before, and nothing was done.
    """

    verdict: Verdict
    arrival: Arrival | Malformed
    summary: str = ""
    result: str | None = None
    document: Mapping[str, Any] = field(default_factory=dict)
    was_there: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """A piece and the outcomes of its pictures, in their order."""

    piece: Piece
    outcomes: tuple[Outcome, ...]

    @property
    def fault(self) -> str | None:
        """Why the piece must be handed back; None when nothing is left to do for it."""
        for outcome in self.outcomes:
            if outcome.verdict in (Verdict.FAILED, Verdict.MALFORMED):
                return outcome.summary
        return None


def all_or_nothing(settled: Sequence[Settled]) -> dict[str, Any]:
    """How many pictures there were, for a sender that knows an event only as a whole.

    Raises `SourceUnavailable` when one failed for a reason that may pass, so that the event is
    sent again; what is finished by then costs the next try next to nothing. Raises `BadRequest`
    when all that failed cannot be understood.
    """
    outcomes = [outcome for each in settled for outcome in each.outcomes]
    for verdict, error in ((Verdict.FAILED, SourceUnavailable), (Verdict.MALFORMED, BadRequest)):
        found = [outcome.summary for outcome in outcomes if outcome.verdict is verdict]
        if found:
            raise error(
                f"{len(found)} of {len(outcomes)} pictures could not be finished: {found[0]}"
            )
    tried = [outcome for outcome in outcomes if outcome.verdict is not Verdict.PASSED_OVER]
    return {"pictures": len(tried)}
