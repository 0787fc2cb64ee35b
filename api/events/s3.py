"""S3's own notifications (`s3:ObjectCreated:*`) and the test event that S3 sends first."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from api.events import Arrival, Event, Malformed


def is_mine(event: Event) -> bool:
    """Records of the source `aws:s3`, or `s3:TestEvent`, which has none."""
    if event.get("Event") == "s3:TestEvent":
        return True
    records = event.get("Records")
    return isinstance(records, list) and all(
        isinstance(record, dict) and record.get("eventSource") == "aws:s3" for record in records
    )


def arrivals(event: Event) -> list[Arrival | Malformed]:
    """One arrival per record that says an object was created; minor versions are not asked for.

    A record that lacks what it should hold is told as such, and spoils no other.
    """
    return [found for record in event.get("Records", []) if (found := _arrival(record)) is not None]


def _arrival(record: dict[str, Any]) -> Arrival | Malformed | None:
    try:
        if not record["eventName"].removeprefix("s3:").startswith("ObjectCreated:"):
            return None
        found = record["s3"]["object"]
        return Arrival(
            bucket=str(record["s3"]["bucket"]["name"]),
            # Keys are form-encoded here: a space is "+", a plus "%2B".
            key=unquote_plus(found["key"]),
            version_id=found.get("versionId"),
            etag=found.get("eTag"),
            sequencer=str(found.get("sequencer") or ""),
        )
    except (KeyError, TypeError, AttributeError) as exc:
        return Malformed(f"a record of the event lacks what it should hold: {exc!r}")
