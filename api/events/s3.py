"""S3's own notifications (`s3:ObjectCreated:*`) and the test event that S3 sends first."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from api.events import Arrival, Event


def is_mine(event: Event) -> bool:
    """Records of the source `aws:s3`, or `s3:TestEvent`, which has none."""
    if event.get("Event") == "s3:TestEvent":
        return True
    records = event.get("Records") or []
    return bool(records) and all(record.get("eventSource") == "aws:s3" for record in records)


def arrivals(event: Event) -> list[Arrival]:
    """One arrival per record that says an object was created; minor versions are not asked for."""
    return [
        _arrival(record["s3"])
        for record in event.get("Records", [])
        if record["eventName"].removeprefix("s3:").startswith("ObjectCreated:")
    ]


def _arrival(s3: dict[str, Any]) -> Arrival:
    found = s3["object"]
    return Arrival(
        bucket=s3["bucket"]["name"],
        # Keys are form-encoded here: a space is "+", a plus "%2B".
        key=unquote_plus(found["key"]),
        version_id=found.get("versionId"),
        etag=found.get("eTag"),
        sequencer=found.get("sequencer", ""),
    )
