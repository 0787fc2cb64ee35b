"""Stores: where models and results lie, as named byte strings read and replaced whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from inference.addresses import BUCKET_NAME
from inference.errors import SettingsError

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:/|\Z)")


@dataclass(frozen=True, slots=True)
class Blob:
    """The content under a key, and the tag that changes whenever the content does."""

    data: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class Tag:
    """Which content lies under a key, without the content itself.

    `modified` is when it was written by the store's own clock, in seconds since 1970; the same
    content written again has another. `version_id` names it for as long as the store keeps
    versions; None where it keeps none.
    """

    etag: str
    bytes: int
    modified: float
    version_id: str | None = None


class Unchanged(Enum):
    """The answer to whoever has the content already."""

    UNCHANGED = auto()


UNCHANGED = Unchanged.UNCHANGED


class Readable(Protocol):
    """Whatever holds byte strings under keys."""

    def read(self, key: str) -> Blob | None:
        """The whole content under `key`, or None where nothing lies."""


class Store(Readable, Protocol):
    """What a folder and a bucket have in common; safe to use from several threads.

    A key is a path with `/` between its parts, relative to the store's root. Every method
    raises `SourceUnavailable` when the storage does not answer.
    """

    @property
    def url(self) -> str:
        """The store as an operator writes it: a folder or `s3://BUCKET/PREFIX`."""

    @property
    def is_local(self) -> bool:
        """Whether it lies on this machine, where listing and reading cost next to nothing."""

    def read_changed(self, key: str, etag: str | None) -> Blob | Unchanged | None:
        """The content under `key`, unless it is still the one tagged `etag`; None if it went."""

    def tag(self, key: str) -> Tag | None:
        """The tag of what lies under `key`, or None where nothing lies."""

    def read_tagged(self, key: str, tag: Tag) -> bytes:
        """The content that `tag` means, however often the key was written since, where versions
        are kept; `StoreConflict` if it changed, or went, where they are not.
        """

    def create(self, key: str, data: bytes) -> str:
        """Write `key` for the first time; the new tag. `StoreConflict` if it exists."""

    def replace(self, key: str, data: bytes, etag: str) -> str:
        """Write `key` over the content tagged `etag`; the new tag.

        `StoreConflict` if the content changed, or went.
        """

    def list(self, prefix: str) -> Iterator[str]:
        """The keys that begin with `prefix`, sorted."""


def open_store(url: str) -> Store:
    """The store at `url`, a folder or `s3://BUCKET/PREFIX`; nothing is read yet.

    Raises `SettingsError` for an address that is neither.
    """
    if place := bucket_and_prefix(url):
        from inference.stores.s3 import S3Store  # boto3 is imported only where S3 is used

        return S3Store(*place)
    from inference.stores.directory import DirectoryStore

    return DirectoryStore(Path(url))


def bucket_and_prefix(url: str) -> tuple[str, str] | None:
    """Bucket and prefix of `s3://BUCKET/PREFIX`, the prefix without slashes around it.

    None for a folder. Raises `SettingsError` for an address that is neither, of the web say, or
    one of S3 that lost a slash: it would be the name of a folder that nobody meant.
    """
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    if url.startswith("s3://") and BUCKET_NAME.fullmatch(bucket):
        return bucket, prefix.strip("/")
    if _SCHEME.match(url):
        raise SettingsError(f"{url!r} is no store: a store is a folder or s3://BUCKET/PREFIX")
    return None
