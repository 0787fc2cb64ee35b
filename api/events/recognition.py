"""Which shape an event has: an ordered list, the first that fits."""

from __future__ import annotations

from api.events import (
    Event,
    Shape,
    batch_operations,
    distributed_map,
    eventbridge,
    s3,
    sns,
    sqs,
)
from inference.errors import BadRequest

_LISTS = ("Records", "tasks", "Items")
# The largest batch that any sender makes, a queue's.
_MOST_PIECES = 10_000

SHAPES: tuple[Shape, ...] = (s3, eventbridge, sqs, sns, batch_operations, distributed_map)


def recognise(event: object) -> tuple[Shape, Event]:
    """The shape of `event`, and the event as the object that it is.

    Raises `BadRequest` for what is no event about pictures.
    """
    if not isinstance(event, dict):
        raise BadRequest(f"an event is a JSON object, and this is {type(event).__name__}")
    for name in _LISTS:
        length = len(event[name]) if isinstance(event.get(name), list) else 0
        if length > _MOST_PIECES:
            raise BadRequest(f"{length:,} {name} in an event; at most {_MOST_PIECES:,} are taken")
    for shape in SHAPES:
        if shape.is_mine(event):
            return shape, event
    names = [name[:40] for name in sorted(event)[:10]]
    raise BadRequest(f"an event of no known shape, with the members {names}")
