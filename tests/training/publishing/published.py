"""A model published into a registry of its own, in this process."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from inference.stores import open_store
from training.jobs import run
from training.orders import Run, Wish
from training.publishing import Published, publish
from training.registry.changes import Hand

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HAND = Hand("tester@here", NOW)


def published(
    folder: Path, registry: Path, wish: Wish | None = None, *, hand: Hand = HAND, run: Run = run
) -> Published:
    """Publish the model in `folder` to `colours@dev`."""
    store = open_store(str(registry))
    return publish([folder], store, "colours", "dev", wish or Wish(), hand, run, lambda _: None)
