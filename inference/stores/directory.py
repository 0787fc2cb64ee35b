"""A folder on disk as a store."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path, PurePosixPath

from inference.errors import SourceUnavailable, StoreConflict
from inference.room import reason
from inference.stores import UNCHANGED, Blob, Tag, Unchanged
from inference.whole import OURS, written_whole

# Clocks of file systems tick every few milliseconds, some every two seconds: a file that was
# written just before it was looked at may change once more and keep its times.
_SETTLED_NANOSECONDS = 3_000_000_000


@dataclass(frozen=True, slots=True)
class _Known:
    """The digest of a file, and the state in which it had that digest for certain."""

    state: tuple[int, ...]
    etag: str


class DirectoryStore:
    """Keys are files below `root`; what lies under its final name is always whole.

    Writers of the same key exclude each other through a lock on the folder, so several
    processes on one machine may write; a network file system must support `flock`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, _Known] = {}

    @property
    def is_local(self) -> bool:
        """It is."""
        return True

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

    def read_changed(self, key: str, etag: str | None) -> Blob | Unchanged | None:
        """The content of the file, unless its SHA-256 is `etag`."""
        blob = self.read(key)
        return UNCHANGED if blob and blob.etag == etag else blob

    def tag(self, key: str) -> Tag | None:
        """The file's SHA-256; it is not read again while its times say that it is the same."""
        with _as_unavailable(f"{self.url}/{key} cannot be read"):
            try:
                with self._path(key).open("rb") as file:
                    found = os.fstat(file.fileno())
                    return Tag(self._digest(key, file, found), found.st_size, found.st_mtime)
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                return None

    def read_tagged(self, key: str, tag: Tag) -> bytes:
        """The content of the file, if its SHA-256 is still that of `tag`."""
        blob = self.read(key)
        if blob is None or blob.etag != tag.etag:
            raise StoreConflict(f"{self.url}/{key} was changed by somebody else")
        return blob.data

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
        """The files whose key begins with `prefix`; half-written ones are never among them.

        No other folder is looked into: beside a registry may lie anything. Folders that may not
        be read are passed over, and links to folders are not followed.
        """
        with _as_unavailable(f"{self.url} cannot be listed"):
            keys = [key for key in self._walk(prefix.rpartition("/")[0]) if key.startswith(prefix)]
        return iter(sorted(keys))

    def _walk(self, folder: str) -> Iterator[str]:
        """The keys of the files below a folder."""
        top = self._root
        for part in PurePosixPath(folder).parts:
            top /= part
            if part in ("..", "/") or "\0" in part or top.is_symlink():
                return
        for path, _, names in os.walk(top, onerror=_unless_unseen):
            for file in (Path(path, name) for name in names if not name.startswith(OURS)):
                if file.is_file():
                    yield file.relative_to(self._root).as_posix()

    def _digest(self, key: str, file: BufferedReader, found: os.stat_result) -> str:
        """The SHA-256 of an open file, from memory where its state is one that was hashed."""
        times = found.st_mtime_ns, found.st_ctime_ns
        state = (found.st_dev, found.st_ino, found.st_size, *times)
        known = self._known.get(key)
        if known is None or known.state != state:
            known = _Known(state, hashlib.file_digest(file, "sha256").hexdigest())
            if time.time_ns() - max(times) > _SETTLED_NANOSECONDS:
                self._known[key] = known
        return known.etag

    def _path(self, key: str) -> Path:
        parts = PurePosixPath(key).parts
        outside = not parts or PurePosixPath(key).is_absolute() or ".." in parts or "\0" in key
        if outside or parts[-1].startswith(OURS) or not _can_be_a_name(key):
            raise SourceUnavailable(f"{key!r} is no key inside the folder {self.url}")
        return self._root.joinpath(*parts)

    @contextmanager
    def _locked(self, key: str) -> Iterator[Path]:
        """The file of `key`, while no other writer of this folder is at work."""
        path = self._path(key)
        with _as_unavailable(f"{self.url}/{key} cannot be written"):
            path.parent.mkdir(parents=True, exist_ok=True)
            with (path.parent / f"{OURS}lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield path


def _write(path: Path, data: bytes) -> str:
    """Put `data` under `path` in one step, and on the disk before that."""
    with written_whole(path) as unfinished, unfinished.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return _etag(data)


def _can_be_a_name(key: str) -> bool:
    """Whether a file system can hold the text: half of a character cannot be encoded."""
    try:
        os.fsencode(key)
    except UnicodeEncodeError:
        return False
    return True


def _unless_unseen(exc: OSError) -> None:
    """A folder that went while its parent was read, or that is not ours to read, has no keys."""
    if not isinstance(exc, FileNotFoundError | NotADirectoryError | PermissionError):
        raise exc


def _etag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextmanager
def _as_unavailable(what: str) -> Iterator[None]:
    """Whatever the file system refuses, as an error of ours."""
    try:
        yield
    except OSError as exc:
        raise SourceUnavailable(f"{what}: {reason(exc)}") from exc
