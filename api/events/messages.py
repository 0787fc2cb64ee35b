"""What a message of a queue or a topic carries: another event, as text."""

from __future__ import annotations

import json

from api.events import Arrival, Event, Malformed, Shape, eventbridge, s3

CARRIED: tuple[Shape, ...] = (s3, eventbridge)

# A queue's message, a topic's in it, and the record of a failed invocation in that.
_MOST_ENVELOPES = 3


def arrivals_in(text: object) -> list[Arrival | Malformed]:
    """The pictures that a message announces, however it was forwarded."""
    for _ in range(_MOST_ENVELOPES):
        event = _parsed(text)
        if isinstance(event, Malformed):
            return [event]
        for shape in CARRIED:
            if shape.is_mine(event):
                return [found for piece in shape.pieces(event) for found in piece.arrivals]
        text = _within(event)
    return [Malformed("a message carries no event of S3")]


def _parsed(text: object) -> Event | Malformed:
    """The JSON object that a text is; one that was parsed already is itself."""
    try:
        event = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return Malformed("a message is no JSON")
    if isinstance(event, dict):
        return event
    return Malformed("a message carries no event of S3")


def _within(event: Event) -> object:
    """What an envelope holds: a topic's notification, or an invocation that failed before."""
    if event.get("Type") == "Notification":
        return event.get("Message")
    return event.get("requestPayload")
