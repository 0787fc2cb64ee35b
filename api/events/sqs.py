"""Messages of an SQS queue that carry S3's events, also by way of SNS or EventBridge.

The queue must be connected with `ReportBatchItemFailures`: only the messages that are named in
the answer are tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.events import Event, Malformed, Piece
from api.events.messages import arrivals_in
from api.events.settling import Settled
from inference.errors import BadRequest


def is_mine(event: Event) -> bool:
    """Records of the source `aws:sqs`."""
    records = event.get("Records")
    return isinstance(records, list) and any(map(_is_message, records))


def pieces(event: Event) -> list[Piece]:
    """One piece per message."""
    return [_piece(record) for record in event["Records"]]


def is_ordered(event: Event) -> bool:
    """A FIFO queue asks that nothing overtakes a message that failed."""
    arns = (record.get("eventSourceARN") for record in filter(_is_message, event["Records"]))
    return any(isinstance(arn, str) and arn.endswith(".fifo") for arn in arns)


def reply(_event: Event, settled: Sequence[Settled]) -> dict[str, Any]:
    """The messages to be tried again. A failed one without a name fails the whole batch."""
    failed = [each for each in settled if each.fault is not None]
    if nameless := [each for each in failed if not each.piece.name]:
        raise BadRequest(f"a message without a messageId: {nameless[0].fault}")
    return {"batchItemFailures": [{"itemIdentifier": each.piece.name} for each in failed]}


def _is_message(record: object) -> bool:
    return isinstance(record, dict) and record.get("eventSource") == "aws:sqs"


def _piece(record: Any) -> Piece:
    name = record.get("messageId") if isinstance(record, dict) else None
    if not isinstance(name, str) or not name:
        return Piece("", (Malformed("a record of the queue has no messageId"),))
    if not _is_message(record):
        return Piece(name, (Malformed("a record among those of a queue is of another source"),))
    return Piece(name, tuple(arrivals_in(record.get("body"))))
