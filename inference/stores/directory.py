"""A folder on disk as a store."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from inference.errors import SourceUnavailable, StoreConflict
from inference.stores import Blob


class DirectoryStore:
    """Keys are files below `root`; what lies under its final name is always whole.

    Writers of the same key exclude each other through a lock on the folder, so several
    processes on one machine may write; a network file system must support `flock`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def url(self) -> str:
        """The folder, as it was given."""
        return str(self._root)

    def read(self, key: str) -> Blob | None:
        """The whole content of the file, tagged by its SHA-256."""
        with _as_unavailable(f"{self.url}/{key} cannot be read"):
            try:
                data = self._path(key).read_bytes()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                return None
        return Blob(data, _etag(data))

    def create(self, key: str, data: bytes) -> str:
        """Write a new file; `StoreConflict` if there is one already."""
        with self._locked(key) as path:
            if path.exists():
                raise StoreConflict(f"{self.url}/{key} exists already")
            return _write(path, data)

    def replace(self, key: str, data: bytes, etag: str) -> str:
        """Replace the file tagged `etag`; `StoreConflict` if it changed or went."""
        with self._locked(key) as path:
            present = path.read_bytes() if path.exists() else None
            if present is None or _etag(present) != etag:
                raise StoreConflict(f"{self.url}/{key} was changed by somebody else")
            return _write(path, data)

    def list(self, prefix: str) -> Iterator[str]:
        """The files whose key begins with `prefix`; half-written ones are never among them."""
        with _as_unavailable(f"{self.url} cannot be listed"):
            keys = sorted(
                path.relative_to(self._root).as_posix()
                for path in self._root.rglob("*")
                if path.is_file() and not path.name.startswith(".")
            )
        return (key for key in keys if key.startswith(prefix))

    def _path(self, key: str) -> Path:
        parts = PurePosixPath(key).parts
        if not parts or PurePosixPath(key).is_absolute() or ".." in parts or "\0" in key:
            raise SourceUnavailable(f"{key!r} is no key inside the folder {self.url}")
        return self._root.joinpath(*parts)

    @contextmanager
    def _locked(self, key: str) -> Iterator[Path]:
        """The file of `key`, while no other writer of this folder is at work."""
        path = self._path(key)
        with _as_unavailable(f"{self.url}/{key} cannot be written"):
            path.parent.mkdir(parents=True, exist_ok=True)
            with (path.parent / ".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield path


def _write(path: Path, data: bytes) -> str:
    """Put `data` under `path` in one step: a temporary file first, renamed last."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return _etag(data)


def _etag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextmanager
def _as_unavailable(what: str) -> Iterator[None]:
    """Whatever the file system refuses, as an error of ours."""
    try:
        yield
    except OSError as exc:
        raise SourceUnavailable(f"{what}: {exc.strerror}") from exc
