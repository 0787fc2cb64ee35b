"""A service that follows a stage, with its store and its time in the test's hands."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from inference.cache import Cache
from inference.references import StageReference
from inference.serving import Serving
from tests.inference.clocks import Clock, Later
from tests.inference.registered import NAME, STAGE, point, release
from tests.inference.watched import Watched

REFRESH_SECONDS = 30.0
ENGLISH = ("red", "green", "blue")
GERMAN = ("rot", "grün", "blau")


@dataclass
class Followed:
    """A service of a stage, its store, and time."""

    store: Watched
    clock: Clock
    later: Later
    serving: Serving

    @property
    def labels(self) -> tuple[str, ...]:
        """What the classes of the current model are called."""
        return self.serving.current().labels

    def pass_time(self) -> None:
        """Let a refresh come due, a request come by, and what it sets off be done."""
        self.clock.now += REFRESH_SECONDS
        self.serving.current()
        self.later.run()


def follow(store: Watched, cache: Cache | None = None) -> Followed:
    """A service that has loaded nothing yet."""
    clock, later = Clock(), Later()
    reference = StageReference(store, NAME, STAGE, cache)
    return Followed(store, clock, later, Serving(reference, REFRESH_SECONDS, clock, later))


def served(store: Watched) -> Followed:
    """A service that serves the English release."""
    point(store, release(store))
    followed = follow(store)
    followed.serving.start()
    store.heal()
    assert followed.labels == ENGLISH
    return followed


def assert_whole(cache: Path) -> None:
    """Every file in the cache has the digest that it is called by."""
    for path in cache.iterdir():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
