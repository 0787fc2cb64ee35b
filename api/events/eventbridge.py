"""EventBridge's "Object Created", which S3 sends where `EventBridgeEnabled` is set."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from api.events import Event, Malformed, Piece
from api.events.keys import arrival
from api.events.settling import Settled, all_or_nothing

log = logging.getLogger(__name__)


def is_mine(event: Event) -> bool:
    """Whatever S3 tells EventBridge."""
    return event.get("source") == "aws.s3" and "detail-type" in event


def pieces(event: Event) -> list[Piece]:
    """The object that was created; other news of S3 is passed over.

    The key is plain text here: to decode it would turn a plus into a space.
    """
    if event["detail-type"] != "Object Created":
        log.info(
            "news of the kind %.80r is about no new picture: passed over", event["detail-type"]
        )
        return []
    try:
        found = event["detail"]["object"]
        key = found["key"]
        if not isinstance(key, str):
            raise TypeError("the key is no text")
        picture = arrival(
            event["detail"]["bucket"]["name"],
            (key,),
            version_id=found.get("version-id"),
            etag=found.get("etag"),
            sequencer=found.get("sequencer"),
        )
    except (KeyError, TypeError, AttributeError) as exc:
        return [Piece("", (Malformed(f"the event lacks what it should hold: {exc!r}"),))]
    return [Piece("", (picture,))]


def is_ordered(_event: Event) -> bool:
    """There is one piece."""
    return False


def reply(_event: Event, settled: Sequence[Settled]) -> dict[str, Any]:
    """EventBridge hears nothing but a failure."""
    return all_or_nothing(settled)
