"""The threads that classify, and who waits for them beside the requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest

from api.workers import Workers
from inference.cores import cores


class Busy:
    """Threads of `workers` that are at work until they are let go."""

    def __init__(self, workers: Workers, beside: ThreadPoolExecutor) -> None:
        self._let_go = [Event() for _ in range(cores())]
        self.work: list[Future[None]] = []
        for let_go in self._let_go:
            started = Event()
            self.work.append(beside.submit(workers.in_turn, _until(started, let_go)))
            started.wait()

    def let_go(self, threads: int | None = None) -> None:
        """Let so many of them end, or all."""
        for let_go in self._let_go[:threads]:
            let_go.set()


def _until(started: Event, let_go: Event) -> Callable[[], None]:
    def work() -> None:
        started.set()
        let_go.wait()

    return work


@contextmanager
def threads() -> Iterator[ThreadPoolExecutor]:
    """More than any test here keeps waiting."""
    with ThreadPoolExecutor(cores() + 4) as pool:
        yield pool


def test_work_in_turn_comes_behind_the_requests_that_wait_already() -> None:
    workers, done = Workers(), list[str]()

    async def request() -> None:
        await workers.compute(lambda: done.append("request"))

    async def both(busy: Busy, beside: ThreadPoolExecutor) -> None:
        waiting = asyncio.ensure_future(request())
        await asyncio.sleep(0)  # it is in the queue now
        model = beside.submit(workers.in_turn, lambda: done.append("model"))
        # One thread goes on, so that what waits is done in its order.
        busy.let_go(1)
        await waiting
        await asyncio.wrap_future(model)

    with threads() as beside:
        busy = Busy(workers, beside)
        asyncio.run(both(busy, beside))
        busy.let_go()
    workers.close()

    assert done == ["request", "model"]


def test_what_goes_wrong_in_turn_is_raised() -> None:
    workers = Workers()

    def fail() -> None:
        raise RuntimeError("the model's own")

    with pytest.raises(RuntimeError, match="the model's own"):
        workers.in_turn(fail)
    workers.close()


def test_work_in_turn_is_done_at_once_when_the_pools_are_closed() -> None:
    workers, done = Workers(), list[str]()
    workers.close()

    workers.in_turn(lambda: done.append("model"))

    assert done == ["model"]


def test_work_whose_turn_is_cancelled_by_the_end_is_done_all_the_same() -> None:
    workers, done = Workers(), list[str]()

    with threads() as beside:
        busy = Busy(workers, beside)
        waiting = beside.submit(workers.in_turn, lambda: done.append("model"))
        closing = beside.submit(workers.close)
        waiting.result()
        assert done == ["model"]
        busy.let_go()
        closing.result()
