"""The threads that classify: as many as there are cores, and others that wait for storage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from inference.cores import cores

T = TypeVar("T")

# Waiting for S3 takes no core; more than its client keeps connections for would queue there.
_FETCHES_AT_ONCE = 32


class Workers:
    """Two pools of threads, kept between requests and, on Lambda, between invocations.

    Decoders and interpreters release the GIL, so a thread per core uses every core, and more
    would only hold more decoded pictures in memory. What is logged there belongs to the request.
    """

    def __init__(self) -> None:
        self._compute = ThreadPoolExecutor(cores(), thread_name_prefix="classify")
        self._fetch = ThreadPoolExecutor(_FETCHES_AT_ONCE, thread_name_prefix="fetch")

    async def compute(self, work: Callable[[], T]) -> T:
        """Run `work`, which needs a core."""
        return await self._run(self._compute, work)

    async def fetch(self, work: Callable[[], T]) -> T:
        """Run `work`, which waits for storage."""
        return await self._run(self._fetch, work)

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        context = copy_context()  # which has the request's id
        return await asyncio.get_running_loop().run_in_executor(pool, context.run, work)

    def in_turn(self, work: Callable[[], None]) -> None:
        """Run `work`, which needs a core, behind the requests that wait already.

        Raises what `work` raises. To be called from a thread of the caller's own: one of the
        pool's would wait for itself. Once the pools are closed nobody waits, and it runs at once.
        """
        try:
            turn = self._compute.submit(work)
        except RuntimeError:
            work()
            return
        try:
            turn.result()
        except CancelledError:
            work()

    def close(self) -> None:
        """Let what runs finish, and end the threads."""
        self._compute.shutdown(cancel_futures=True)
        self._fetch.shutdown(cancel_futures=True)
