"""What an event announces, and what its sender is told."""

from __future__ import annotations

from typing import Any

from api.events import Arrival, Malformed
from api.events.recognition import recognise
from api.events.settling import Outcome, Settled, Verdict


def announced(event: object) -> list[Arrival | Malformed]:
    """All pictures of an event, in their order."""
    shape, known = recognise(event)
    return [each for piece in shape.pieces(known) for each in piece.arrivals]


def replied(event: object, *verdicts: Verdict) -> dict[str, Any]:
    """What the sender is told when its pictures came to these `verdicts`, in their order."""
    shape, known = recognise(event)
    to_come = iter(verdicts)
    settled = [
        Settled(
            piece,
            tuple(
                Outcome(next(to_come), each, "tabby 0.93", "s3://results/x.json")
                for each in piece.arrivals
            ),
        )
        for piece in shape.pieces(known)
    ]
    return shape.reply(known, settled)
