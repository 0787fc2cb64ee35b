"""Several pieces of work on the cores, as many as are finished before the time is over."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

from inference.cores import cores

T = TypeVar("T")

Remaining = Callable[[], float]
"""Seconds until the platform ends the process."""

# What it takes to answer when the time is nearly over.
_MARGIN_SECONDS = 1.0


class Crew(Generic[T]):
    """A thread per core, kept between invocations.

    Decoders and interpreters release the GIL, so a thread per core uses every core, and more
    would only hold more decoded pictures in memory.
    """

    def __init__(self) -> None:
        # The threads are made with the first work, so none of them is in a snapshot.
        self._pool = ThreadPoolExecutor(cores(), thread_name_prefix="event")

    def run(self, works: Sequence[Callable[[], T]], remaining: Remaining) -> list[T | None]:
        """What each of `works` gives, or None for one that is not finished in time.

        The first one is always begun. None is begun when less time is left than the longest so
        far has taken. What is still at work at the end is left to it: to be abandoned, or to go
        on when the process does, must harm nothing.
        """
        end = monotonic() + _less_margin(remaining())
        pace = _Pace(end)
        futures: list[Future[T | None]] = []
        for work in works:
            # What logs and traces know of the invocation goes along.
            context = contextvars.copy_context()
            futures.append(self._pool.submit(context.run, pace.timed, work))
        done, late = wait(futures, timeout=max(0.0, end - monotonic()))
        for future in late:
            future.cancel()
        return [future.result() if future in done else None for future in futures]

    def close(self) -> None:
        """Let what runs finish, and end the threads."""
        self._pool.shutdown(cancel_futures=True)


class _Pace:
    """How long the longest work has taken, and whether there is time for another."""

    def __init__(self, end: float) -> None:
        self._end = end
        self._longest = 0.0
        self._lock = Lock()

    def timed(self, work: Callable[[], T]) -> T | None:
        start = monotonic()
        if self._longest and self._end - start < self._longest:
            return None
        result = work()
        with self._lock:
            self._longest = max(self._longest, monotonic() - start)
        return result


def _less_margin(seconds: float) -> float:
    """Most of the time that is left: all but a second, or but a quarter of what is short."""
    return seconds - min(_MARGIN_SECONDS, seconds / 4)
