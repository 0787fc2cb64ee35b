"""The clients of S3 and of S3 Control: the one module that imports boto3."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    signature_version="s3v4",
    # S3-compatible stores do not all know the newer checksums.
    request_checksum_calculation="when_required",
    max_pool_connections=32,
)

# S3 Control answers slowly, and nobody waits for it but the command line.
_CONTROL_READ_SECONDS = 30


T = TypeVar("T")


class Once(Generic[T]):
    """A function without arguments that is called once, however many threads ask for its value.

    `functools.cache` lets all of them call it who ask before the first is done: 32 pictures of a
    first request waited nine seconds for 32 clients.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self.__wrapped__ = make
        self._lock = Lock()
        self._made: T | None = None

    def __call__(self) -> T:
        """The value; who asks while it is made waits for it."""
        with self._lock:
            if self._made is None:
                self._made = self.__wrapped__()
            return self._made

    def cache_clear(self) -> None:
        """Forget the value; the next call makes another."""
        with self._lock:
            self._made = None


@Once
def client() -> S3Client:
    """The process's one S3 client; boto3's own variables say where and as whom."""
    return boto3.session.Session().client("s3", config=_CONFIG)


def control_client(region: str) -> Any:
    """A client of S3 Control, which keeps the jobs of S3 Batch Operations. Any: it has no types."""
    config = _CONFIG.merge(Config(read_timeout=_CONTROL_READ_SECONDS))
    return boto3.session.Session().client("s3control", region_name=region, config=config)
