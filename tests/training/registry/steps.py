"""What the tests do to a registry, in the words of its operators."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from inference import layout
from inference.stores import Store
from training.registry.changes import Hand
from training.registry.releases import publish_release, verified_release
from training.registry.stages import move_stage, read_stage

NAME = "colours"
NewStore = Callable[[], Store]
"""Makes an empty registry."""

_minutes = count()


def hand(by: str = "anna@lab", *, dry_run: bool = False) -> Hand:
    """Somebody's hand, a minute later each time."""
    start = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    return Hand(by=by, at=start + timedelta(minutes=next(_minutes)), dry_run=dry_run)


def publish(store: Store, bundle: Path, stage: str = "dev") -> str:
    """Publish a bundle and point a stage to it; its digest."""
    digest = publish_release(store, bundle, NAME)
    who = hand()
    move_stage(
        read_stage(store, NAME, stage),
        verified_release(store, NAME, digest),
        action="publish",
        at=who.at,
        by=who.by,
    )
    return digest


def release_at(store: Store, stage: str) -> str | None:
    """The release that a stage points to."""
    return read_stage(store, NAME, stage).release


def pointer_bytes(store: Store, stage: str) -> bytes | None:
    """The pointer as it lies there."""
    blob = store.read(layout.pointer(NAME, stage))
    return blob.data if blob else None


def everything(store: Store) -> dict[str, bytes]:
    """All keys of a store and what lies under them."""
    return {key: blob.data for key in store.list("") if (blob := store.read(key))}
