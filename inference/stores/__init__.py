"""Stores: where models and results lie, as named byte strings read and replaced whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Blob:
    """The content under a key, and the tag that changes whenever the content does."""

    data: bytes
    etag: str


class Store(Protocol):
    """What a folder and a bucket have in common; safe to use from several threads.

    A key is a path with `/` between its parts, relative to the store's root. Every method
    raises `SourceUnavailable` when the storage does not answer.
    """

    @property
    def url(self) -> str:
        """The store as an operator writes it: a folder or `s3://BUCKET/PREFIX`."""

    def read(self, key: str) -> Blob | None:
        """The whole content under `key`, or None where nothing lies."""

    def create(self, key: str, data: bytes) -> str:
        """Write `key` for the first time; the new tag. `StoreConflict` if it exists."""

    def replace(self, key: str, data: bytes, etag: str) -> str:
        """Write `key` over the content tagged `etag`; the new tag. `StoreConflict` if it changed."""

    def list(self, prefix: str) -> Iterator[str]:
        """The keys that begin with `prefix`, sorted."""


def open_store(url: str) -> Store:
    """The store at `url`, a folder or `s3://BUCKET/PREFIX`; nothing is read yet."""
    if url.startswith("s3://"):
        from inference.stores.s3 import S3Store  # boto3 is imported only where S3 is used

        return S3Store.at(url)
    from inference.stores.directory import DirectoryStore

    return DirectoryStore(Path(url))
