"""Empty buckets, made ahead of who asks for them."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

AHEAD = 6


class Buckets:
    """Makes buckets beside the tests: SeaweedFS holds up the first write to each for 200 ms."""

    def __init__(self, s3: S3Client, pool: ThreadPoolExecutor) -> None:
        self._s3 = s3
        self._pool = pool
        self._coming: deque[Future[str]] = deque()

    def take(self) -> str:
        """The name of an empty bucket that nobody else is given; raises what S3 did."""
        while len(self._coming) <= AHEAD:
            self._coming.append(self._pool.submit(self._make))
        return self._coming.popleft().result()

    def _make(self) -> str:
        name = f"bucket-{secrets.token_hex(8)}"
        self._s3.create_bucket(Bucket=name)
        self._s3.put_object(Bucket=name, Key="first", Body=b"")
        self._s3.delete_object(Bucket=name, Key="first")
        return name


@contextmanager
def buckets(s3: S3Client) -> Iterator[Buckets]:
    """Buckets of this server for as long as the block lasts; nothing is made after it."""
    with ThreadPoolExecutor(AHEAD) as pool:
        yield Buckets(s3, pool)
