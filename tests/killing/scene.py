"""What every killing has: a place with bundles to work with, and the shape of a work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

from inference import s3 as our_s3
from inference.manifest import LABELS, MANIFEST
from inference.stores import Store, open_store
from tests.inference.tiny import write_tiny
from tests.killing.children import ask, kill_in
from training.registry.changes import Hand

NAME, STAGE = "colours", "prod"

MANY = 3.0
"""A work without an end is killed within so many times what its preparation took."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where one killing takes place: bundles and pictures to work with, and the store's address."""

    workshop: Path
    """A folder with the bundles `old` and `new`, and what else a work keeps for all its scenes."""
    photos: str
    """A bucket for pictures."""
    root: str

    @property
    def store(self) -> Store:
        """The store, opened anew."""
        return open_store(self.root)

    @property
    def cache(self) -> Path:
        """Where a service keeps files of releases in S3."""
        return self.workshop / "cache" / sha256(self.root.encode()).hexdigest()[:8]

    def release(self, which: str) -> str:
        """The digest of the bundle `old` or `new`."""
        return sha256((self.workshop / which / MANIFEST).read_bytes()).hexdigest()


class Work(ABC):
    """One thing that a process does when it is killed.

    `set_up`, `prepare`, `do` and `check` run in children; `check` starts everything again as a
    restarted process would.
    """

    stores: ClassVar[tuple[str, ...]] = ("folder", "s3")
    is_quick: ClassVar[bool] = True
    """Whether it is over in a moment, so that it can be killed often."""
    ends: ClassVar[bool] = True

    def set_up(self, scene: Scene) -> str:
        """What all scenes of this work need, once; other works have set up nothing for it."""
        return scene.root

    @abstractmethod
    def prepare(self, scene: Scene) -> str:
        """What lies there before."""

    @abstractmethod
    def do(self, scene: Scene) -> str:
        """The work, once or for ever."""

    @abstractmethod
    def check(self, scene: Scene) -> str:
        """How far it had come, in words; AssertionError when something is half."""

    def seconds(self, scene: Scene) -> float:
        """Prepare, and find out within how many seconds the work is to be killed."""
        prepared = ask(partial(self.prepare, scene)).seconds
        return ask(partial(self.do, scene)).seconds if self.ends else MANY * prepared

    def kill(self, scene: Scene, seconds: float) -> bool:
        """Kill the work so many seconds after its beginning; whether that was before its end."""
        return kill_in(partial(self.do, scene), seconds)


def make_workshop(folder: Path, photos: str) -> str:
    """Two bundles that tell three colours and call them differently, and the buckets."""
    write_tiny(folder / "old")
    write_tiny(folder / "new", files={LABELS: b"crimson\nlime\nnavy\n"})
    for bucket in (photos, work_bucket(photos)):
        our_s3.client().create_bucket(Bucket=bucket)
    return ""


def work_bucket(photos: str) -> str:
    """The bucket in which works in S3 take place."""
    return f"{photos}-work"


def hand() -> Hand:
    """Who moves stages here."""
    return Hand(by="a test", at=datetime.now(UTC))
