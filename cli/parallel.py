"""Work on many things at once, results in the order of the things."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

# How far the quick may run ahead of the slow: results wait, the things behind them are not begun.
_AHEAD = 4


def in_order(work: Callable[[T], R], things: Iterable[T], at_once: int) -> Generator[R]:
    """`work(thing)` for each of `things` in order, on `at_once` threads.

    However many things there are, at most `at_once` are worked on and a few times as many
    results are kept. Whatever `work` raises is raised in its place and ends the rest.
    """
    pending: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(at_once)
    try:
        for thing in things:
            pending.append(pool.submit(work, thing))
            if len(pending) >= at_once * _AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
