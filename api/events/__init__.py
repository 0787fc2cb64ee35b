"""AWS events about pictures: one file per shape.

Every file has the same parts: `is_mine(event)`, `pieces(event)`, `is_ordered(event)` and
`reply(event, settled)`. A new shape is a new file here and a word in
`api.events.recognition.SHAPES`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from api.events.settling import Settled

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A picture that was put into a bucket, or is to be looked at; the key is plain text.

    `sequencer` is S3's place of the event among those of its key; empty where there is none.
    `also` are other spellings of the key, tried in turn when nothing lies under `key`: some
    senders encode keys where AWS does not, or the other way round.
    """

    bucket: str
    key: str
    version_id: str | None = None
    etag: str | None = None
    sequencer: str = ""
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class Malformed:
    """A record that cannot be understood, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Piece:
    """What succeeds or fails as one: a record, a message of a queue, a task of a job.

    `name` is what the sender calls it by; empty where it has no name.
    """

    name: str
    arrivals: tuple[Arrival | Malformed, ...]


class Shape(Protocol):
    """One shape of event."""

    def is_mine(self, event: Event) -> bool:
        """Whether `event` has this shape."""

    def pieces(self, event: Event) -> list[Piece]:
        """What it announces; what is no object created is passed over with a line in the log."""

    def is_ordered(self, event: Event) -> bool:
        """Whether the pieces are finished one after another, up to the first that fails."""

    def reply(self, event: Event, settled: Sequence[Settled]) -> dict[str, Any]:
        """What the sender is told; raises where it understands nothing but a failure."""
