"""Time and threads as a test wants them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Clock:
    """A clock that goes when it is told to; seconds."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Later:
    """A background in which nothing happens before `run`."""

    waiting: list[Callable[[], None]] = field(default_factory=list)

    def __call__(self, work: Callable[[], None]) -> None:
        self.waiting.append(work)

    def run(self) -> int:
        """Do what has come up; how many pieces of work that was."""
        work, self.waiting = self.waiting, []
        for each in work:
            each()
        return len(work)
