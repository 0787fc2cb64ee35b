"""S3's own notifications (`s3:ObjectCreated:*`) and the test event that S3 sends first."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from api.events import Arrival, Event, Malformed, Piece
from api.events.keys import arrival, form_encoded
from api.events.settling import Settled, all_or_nothing

log = logging.getLogger(__name__)


def is_mine(event: Event) -> bool:
    """Records of S3 or of a store that speaks like it, none at all, or `s3:TestEvent`."""
    if event.get("Event") == "s3:TestEvent":
        return True
    records = event.get("Records")
    return isinstance(records, list) and (not records or any(map(_is_of_s3, records)))


def pieces(event: Event) -> list[Piece]:
    """One piece per record that says an object was created; minor versions are not asked for.

    A record that lacks what it should hold is told as such, and spoils no other.
    """
    records = event.get("Records")
    if not isinstance(records, list):
        log.info("S3 tested the way to here: nothing to do")
        return []
    found = (_arrival(record) for record in records)
    return [Piece("", (each,)) for each in found if each is not None]


def is_ordered(_event: Event) -> bool:
    """S3 promises no order; the sequencers tell it."""
    return False


def reply(_event: Event, settled: Sequence[Settled]) -> dict[str, Any]:
    """S3 hears nothing but a failure."""
    return all_or_nothing(settled)


def _is_of_s3(record: object) -> bool:
    # MinIO and Ceph put their own names before the colon.
    return isinstance(record, dict) and str(record.get("eventSource")).endswith(":s3")


def _arrival(record: Any) -> Arrival | Malformed | None:
    try:
        name = record["eventName"].removeprefix("s3:")
        if not name.startswith("ObjectCreated:"):
            log.info("an event of the kind %.80r is about no new picture: passed over", name)
            return None
        found = record["s3"]["object"]
        return arrival(
            record["s3"]["bucket"]["name"],
            form_encoded(found["key"]),
            version_id=found.get("versionId"),
            etag=found.get("eTag"),
            sequencer=found.get("sequencer"),
        )
    except (KeyError, TypeError, AttributeError) as exc:
        return Malformed(f"a record of the event lacks what it should hold: {exc!r}")
