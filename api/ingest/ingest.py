"""Events about pictures: each picture is classified and gets one result object."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Any

from api.events import Arrival, Event, Malformed, Piece, Shape
from api.events.recognition import recognise
from api.events.settling import Outcome, Settled, Verdict
from api.ingest.crew import Crew, Remaining
from api.ingest.finishing import Finisher
from api.telemetry.pictures import tell
from inference.errors import BadRequest, OperatorError, SourceNotAllowed
from inference.metrics import INGEST, Counts

log = logging.getLogger(__name__)

_NO_DEADLINE = 24 * 3600.0
_LATE = "the function's time was over before this was finished"


@dataclass(frozen=True, slots=True)
class Ingest:
    """Classifies what events announce. Safe to use from several threads."""

    finisher: Finisher
    crew: Crew[Outcome] = field(default_factory=Crew)
    counts: Counts = field(default_factory=lambda: Counts(INGEST))

    def handle(self, event: object, remaining: Remaining = lambda: _NO_DEADLINE) -> dict[str, Any]:
        """Write the results that `event` asks for; what its sender is to be told.

        Every picture is tried, as far as the `remaining` seconds reach. Raises `SourceUnavailable`
        when some must be tried again and the sender knows no other way to hear of it, and
        `BadRequest` for what is no event about pictures.
        """
        shape, known = self._recognise(event)
        pieces = shape.pieces(known)
        settle = self._one_by_one if shape.is_ordered(known) else self._at_once
        return shape.reply(known, settle(pieces, remaining))

    def take(self, arrival: Arrival | Malformed) -> Outcome:
        """Finish one picture in this thread, told and counted; nothing is raised."""
        start = perf_counter()
        outcome = self._attempt(arrival)
        tell(outcome, self.counts, (perf_counter() - start) * 1e3)
        return outcome

    def _recognise(self, event: object) -> tuple[Shape, Event]:
        """The event and its shape; what has none is counted before it is refused."""
        try:
            return recognise(event)
        except BadRequest:
            self.counts.add("EventsMalformed")
            raise

    def _at_once(self, pieces: Sequence[Piece], remaining: Remaining) -> list[Settled]:
        """All pieces on all cores; one that fails or is late changes nothing for the others."""
        works = [partial(self.take, each) for piece in pieces for each in piece.arrivals]
        outcomes = iter(self.crew.run(works, remaining))
        return [
            Settled(piece, tuple(next(outcomes) or self._gave_up(each) for each in piece.arrivals))
            for piece in pieces
        ]

    def _one_by_one(self, pieces: Sequence[Piece], remaining: Remaining) -> list[Settled]:
        """One piece after another; those behind the first that fails are handed back untried."""
        settled: list[Settled] = []
        failed = False
        for piece in pieces:
            if failed:
                late = tuple(map(_late, piece.arrivals)) or (_late(Malformed("")),)
                settled.append(Settled(piece, late))
                continue
            settled += self._at_once([piece], remaining)
            failed = settled[-1].fault is not None
        return settled

    def _gave_up(self, arrival: Arrival | Malformed) -> Outcome:
        outcome = _late(arrival)
        tell(outcome, self.counts)
        return outcome

    def _attempt(self, arrival: Arrival | Malformed) -> Outcome:
        """Finish one picture, or say why not. Nothing stops the others."""
        if isinstance(arrival, Malformed):
            log.error("%s", arrival.reason)
            return Outcome(Verdict.MALFORMED, arrival, arrival.reason)
        if self._is_passed_over(arrival):
            log.info("%r is no picture that was put there: passed over", str(arrival))
            return Outcome(Verdict.PASSED_OVER, arrival)
        try:
            return self.finisher.finish(arrival)
        except Exception as exc:  # the outermost edge of one record: told, and handed back
            expected = isinstance(exc, OperatorError | SourceNotAllowed)
            log.error("%r not finished: %s", str(arrival), exc, exc_info=None if expected else exc)
            reason = str(exc) if expected else type(exc).__name__
            return Outcome(Verdict.FAILED, arrival, reason)

    def _is_passed_over(self, arrival: Arrival) -> bool:
        """Whether it is a result of ours, which must never trigger another, or a folder's mark."""
        place = str(arrival)
        is_result = place.startswith(f"{self.finisher.results.url}/") and place.endswith(".json")
        return is_result or place.endswith("/")


def _late(arrival: Arrival | Malformed) -> Outcome:
    return Outcome(Verdict.FAILED, arrival, _LATE)
