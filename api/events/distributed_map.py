"""Items of a Step Functions Distributed Map over the objects of a bucket.

The items of `s3:listObjectsV2` do not say which bucket they are of: `ItemSelector` adds it,
beside the item (`{"Bucket": …, "Item": {"Key": …}}`) or among its members, and `ItemBatcher`
once for all (`{"BatchInput": {"Bucket": …}, "Items": […]}`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.events import Arrival, Event, Malformed, Piece
from api.events.keys import arrival
from api.events.settling import Outcome, Settled, all_or_nothing

_MOST_CHARACTERS = 200


def is_mine(event: Event) -> bool:
    """A list of items, or one item with a key."""
    return isinstance(event.get("Items"), list) or isinstance(_item(event).get("Key"), str)


def pieces(event: Event) -> list[Piece]:
    """One piece per item."""
    batch = event.get("BatchInput")
    bucket = batch.get("Bucket") if isinstance(batch, dict) else event.get("Bucket")
    items = event["Items"] if _is_batch(event) else [event]
    return [Piece("", (_arrival(item, bucket),)) for item in items]


def is_ordered(_event: Event) -> bool:
    """Items are of different objects."""
    return False


def reply(event: Event, settled: Sequence[Settled]) -> dict[str, Any]:
    """Of each item its bucket, key, what became of it and where the result lies.

    It is short, because the outputs of all items become one. Raises what the state machine may
    `Retry` (`SourceUnavailable`) or `Catch` (`BadRequest`).
    """
    all_or_nothing(settled)
    results = [_told(outcome) for each in settled for outcome in each.outcomes]
    return {"results": results} if _is_batch(event) else results[0]


def _is_batch(event: Event) -> bool:
    return isinstance(event.get("Items"), list)


def _item(event: Event) -> Event:
    within = event.get("Item")
    return within if isinstance(within, dict) else event


def _arrival(entry: Any, bucket: object) -> Arrival | Malformed:
    if not isinstance(entry, dict):
        return Malformed("an item is no object with a Key")
    item = _item(entry)
    own = item.get("Bucket") or entry.get("Bucket") or bucket
    key = item.get("Key")
    if not isinstance(own, str):
        return Malformed("an item names no Bucket: add it by ItemSelector or BatchInput")
    if not isinstance(key, str):
        return Malformed("an item has no Key")
    return arrival(own, (key,), version_id=item.get("VersionId"), etag=item.get("Etag"))


def _told(outcome: Outcome) -> dict[str, Any]:
    picture = outcome.arrival
    return {
        # What is malformed has no picture, and was raised above.
        "bucket": picture.bucket if isinstance(picture, Arrival) else None,
        "key": picture.key if isinstance(picture, Arrival) else None,
        "verdict": outcome.verdict.value,
        "summary": outcome.summary[:_MOST_CHARACTERS],
        "result": outcome.result,
    }
