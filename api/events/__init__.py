"""AWS events about pictures: one file per shape.

Every file has the same two parts: `is_mine(event)` and `arrivals(event)`. A new shape is a new
file here and a word in `api.ingest.SHAPES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A picture that was put into a bucket, as the event tells it; the key is plain text."""

    bucket: str
    key: str
    version_id: str | None
    etag: str | None
    sequencer: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A record that cannot be understood, and why."""

    reason: str


class Shape(Protocol):
    """One shape of event."""

    def is_mine(self, event: Event) -> bool:
        """Whether `event` has this shape."""

    def arrivals(self, event: Event) -> list[Arrival | Malformed]:
        """The pictures that it announces; none for what is no object created."""
