"""Events on their way to workers who share nothing but S3."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING

from api.ingest.ingest import Ingest
from inference.errors import SourceUnavailable
from tests.api.flood import Event, Put, announce, put

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Post:
    """Events on their way to the workers. Safe to use from several threads."""

    def __init__(self, flooded: Iterable[Event]) -> None:
        self._queue: deque[Event] = deque(flooded)

    def take(self) -> Event | None:
        """The next one; None when there is none left."""
        try:
            return self._queue.popleft()
        except IndexError:
            return None

    def again(self, event: Event) -> None:
        """It comes once more, later."""
        self._queue.append(event)


class Overwriting(Post):
    """Pictures are put over one another while events about them are on their way.

    Of each put there are `repeats` events, somewhere among all that are still to come, and so is
    the next put under that key: what a worker reads may be newer than the event in its hand, which
    `overtaken` counts.
    """

    def __init__(self, s3: S3Client, bucket: str, keys: int, versions: int, repeats: int) -> None:
        super().__init__([])
        self._s3, self._bucket, self._versions, self._repeats = s3, bucket, versions, repeats
        self._chance = random.Random(11)  # noqa: S311 - the same each time
        self._lock = Lock()
        self._announced: dict[int, Put] = {}
        self.newest: dict[str, Put] = {}
        self.overtaken = 0
        for number in range(keys):
            self._mix_in({"put": f"album {number % 7}/p+{number}.png", "version": 0})

    def take(self) -> Event | None:
        with self._lock:
            event = super().take()
            while event and "put" in event:
                self._overwrite(event["put"], event["version"])
                event = super().take()
            if event:
                made = self._announced[id(event)]
                self.overtaken += made is not self.newest[made.key]
            return event

    def _overwrite(self, key: str, version: int) -> None:
        made = put(self._s3, self._bucket, key, version, self._chance)
        self.newest[key] = made
        for _ in range(self._repeats):
            event = announce(made.arrival, self._chance)
            self._announced[id(event)] = made
            self._mix_in(event)
        if version + 1 < self._versions:
            self._mix_in({"put": key, "version": version + 1})

    def _mix_in(self, event: Event) -> None:
        self._queue.insert(self._chance.randint(0, len(self._queue)), event)


def deliver(ingests: list[Ingest], post: Post) -> int:
    """Let all workers take events at once, and try again what failed; how often that was."""
    retries = []

    def work(ingest: Ingest) -> None:
        while event := post.take():
            try:
                again = bool(ingest.handle(event).get("batchItemFailures"))
            except SourceUnavailable:
                again = True
            if again:
                retries.append(event)
                post.again(event)

    with ThreadPoolExecutor(len(ingests)) as pool:
        for done in [pool.submit(work, ingest) for ingest in ingests]:
            done.result()
    return len(retries)
