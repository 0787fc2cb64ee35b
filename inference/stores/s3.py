"""A prefix of a bucket as a store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from inference import s3
from inference.errors import SourceNotAllowed, SourceNotFound, SourceUnavailable, StoreConflict
from inference.stores import UNCHANGED, Blob, Tag, Unchanged


class S3Store:
    """Keys are objects below `prefix`; S3 itself makes conditions atomic and objects whole."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    @property
    def url(self) -> str:
        """`s3://BUCKET/PREFIX`, without a slash at the end."""
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    @property
    def is_local(self) -> bool:
        """It is not."""
        return False

    def read(self, key: str) -> Blob | None:
        """The whole object, tagged by its ETag."""
        with self._refusals(key):
            try:
                found = s3.get(self._bucket, self._prefix + key)
            except SourceNotFound:
                return None
        return Blob(found.data, found.etag)

    def read_changed(self, key: str, etag: str | None) -> Blob | Unchanged | None:
        """The whole object, by one request (`If-None-Match`)."""
        with self._refusals(key):
            try:
                found = s3.get_changed(self._bucket, self._prefix + key, etag)
            except SourceNotFound:
                return None
        return Blob(found.data, found.etag) if found else UNCHANGED

    def tag(self, key: str) -> Tag | None:
        """ETag, length and version of the object (HEAD)."""
        with self._refusals(key):
            try:
                found = s3.head(self._bucket, self._prefix + key)
            except SourceNotFound:
                return None
        return Tag(found.etag, found.bytes, found.modified, found.version_id)

    def read_tagged(self, key: str, tag: Tag) -> bytes:
        """The object of that version, or else of that ETag (`If-Match`)."""
        where = self._prefix + key
        with self._refusals(key):
            try:
                found = s3.get(self._bucket, where, version_id=tag.version_id, only=tag.etag)
            except SourceNotFound as exc:
                raise StoreConflict(f"{self.url}/{key} was deleted by somebody else") from exc
        return found.data

    def create(self, key: str, data: bytes) -> str:
        """Write a new object (`If-None-Match: *`)."""
        return self._put(key, data, None)

    def replace(self, key: str, data: bytes, etag: str) -> str:
        """Replace the object tagged `etag` (`If-Match`)."""
        return self._put(key, data, etag)

    def list(self, prefix: str) -> Iterator[str]:
        """The keys that begin with `prefix`."""
        with self._refusals(prefix):
            for key in s3.keys(self._bucket, self._prefix + prefix):
                yield key.removeprefix(self._prefix)

    def _put(self, key: str, data: bytes, replacing: str | None) -> str:
        media_type = "application/json" if key.endswith(".json") else None
        with self._refusals(key):
            return s3.put(
                self._bucket, self._prefix + key, data, replacing=replacing, media_type=media_type
            )

    @contextmanager
    def _refusals(self, key: str) -> Iterator[None]:
        """A caller's error on the way to a picture is the operator's on the way to a model."""
        try:
            yield
        except (SourceNotAllowed, SourceNotFound) as exc:
            raise SourceUnavailable(
                f"S3 refuses access to {self.url}/{key}: check the bucket and the role's policy"
            ) from exc
