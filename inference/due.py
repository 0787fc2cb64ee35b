"""When something is due again: at most once in so many seconds, and by one caller alone."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock


class Due:
    """Due at first, and again so many `seconds` after it was claimed.

    `clock` gives seconds, from any start. Safe to use from several threads.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._lock = Lock()
        self._claimed_at: float | None = None

    def claim(self) -> bool:
        """Whether it is due, which one caller alone is told; it costs the others no lock."""
        now = self._clock()
        if not self._is_due(now):
            return False
        with self._lock:
            due = self._is_due(now)
            if due:
                self._claimed_at = now
            return due

    def seconds_left(self) -> float:
        """How long it is until it is due."""
        since = 0.0 if self._claimed_at is None else self._clock() - self._claimed_at
        return max(0.0, self._seconds - max(0.0, since))

    def _is_due(self, now: float) -> bool:
        """A clock that was set back makes it due, and not impossible."""
        at = self._claimed_at
        return at is None or now < at or now - at >= self._seconds
