"""Pictures that are named instead of sent: read from S3, from the allowed buckets alone."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from time import perf_counter

from inference.addresses import S3Address, parse_address
from inference.errors import SourceNotAllowed, SourceNotFound


@dataclass(frozen=True, slots=True)
class Fetched:
    """A picture's bytes, where they came from, and how long that took in milliseconds.

    From S3 also its ETag, and when it was written in seconds since 1970.
    """

    data: bytes
    source: str
    fetch_ms: float = 0.0
    etag: str | None = None
    modified: float | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """What may be read: the buckets, the account that must own them, and the largest object."""

    buckets: Collection[str]
    owner: str | None
    max_bytes: int

    def connect(self) -> None:
        """Make the client of S3 now, for which the first picture would wait else."""
        if self.buckets:
            from inference import s3

            s3.client()

    def fetch(self, url: str) -> Fetched:
        """The picture at `url`, an address that a caller sent.

        Raises `SourceNotAllowed`, `SourceNotFound`, `ImageTooLarge` or `SourceUnavailable`.
        """
        address = parse_address(url, self.buckets)
        try:
            return self.fetch_object(address)
        except (SourceNotFound, SourceNotAllowed):  # who may not list is told no more than that
            if address.also:
                with suppress(SourceNotFound, SourceNotAllowed):
                    return self.fetch_object(replace(address, key=address.also))
            raise

    def fetch_object(self, address: S3Address) -> Fetched:
        """The picture at an address that is known to be allowed."""
        from inference import s3  # boto3 is imported when the first picture is named

        start = perf_counter()
        found = s3.get(
            address.bucket,
            address.key,
            version_id=address.version_id,
            owner=self.owner,
            max_bytes=self.max_bytes,
        )
        fetch_ms = (perf_counter() - start) * 1e3
        return Fetched(found.data, str(address), fetch_ms, found.etag, found.modified)
