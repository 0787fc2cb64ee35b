"""Notifications of an SNS topic that carry S3's events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.events import Event, Malformed, Piece
from api.events.messages import arrivals_in
from api.events.settling import Settled, all_or_nothing


def is_mine(event: Event) -> bool:
    """Records of the source `aws:sns`, which SNS alone writes with a capital E."""
    records = event.get("Records")
    return isinstance(records, list) and any(map(_is_notification, records))


def pieces(event: Event) -> list[Piece]:
    """One piece per notification."""
    return [_piece(record) for record in event["Records"]]


def is_ordered(_event: Event) -> bool:
    """Lambda is no subscriber of FIFO topics."""
    return False


def reply(_event: Event, settled: Sequence[Settled]) -> dict[str, Any]:
    """SNS hears nothing but a failure."""
    return all_or_nothing(settled)


def _is_notification(record: object) -> bool:
    return isinstance(record, dict) and record.get("EventSource") == "aws:sns"


def _piece(record: Any) -> Piece:
    message = record.get("Sns") if _is_notification(record) else None
    if not isinstance(message, dict):
        return Piece("", (Malformed("a record of the topic holds no notification"),))
    return Piece("", tuple(arrivals_in(message.get("Message"))))
