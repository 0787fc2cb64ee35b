"""The threads that classify: as many as there are cores, and others that wait for storage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from inference.cores import cores

T = TypeVar("T")

# Waiting for S3 takes no core; more than its client keeps connections for would queue there.
_FETCHES_AT_ONCE = 32


class Workers:
    """Two pools of threads, kept between requests and, on Lambda, between invocations.

    Decoders and interpreters release the GIL, so a thread per core uses every core, and more
    would only hold more decoded pictures in memory.
    """

    def __init__(self) -> None:
        self._compute = ThreadPoolExecutor(cores(), thread_name_prefix="classify")
        self._fetch = ThreadPoolExecutor(_FETCHES_AT_ONCE, thread_name_prefix="fetch")

    async def compute(self, work: Callable[[], T]) -> T:
        """Run `work`, which needs a core."""
        return await asyncio.get_running_loop().run_in_executor(self._compute, work)

    async def fetch(self, work: Callable[[], T]) -> T:
        """Run `work`, which waits for storage."""
        return await asyncio.get_running_loop().run_in_executor(self._fetch, work)

    def close(self) -> None:
        """Let what runs finish, and end the threads."""
        self._compute.shutdown(cancel_futures=True)
        self._fetch.shutdown(cancel_futures=True)
