"""Zip files of others: the directory is checked before a byte is unpacked.

A `.keras` file and a SavedModel in a `.zip` are both zips; unpacking counts what comes out,
because a directory can lie.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from inference.errors import HostileModel, UnreadableModel
from inference.keras_files.limits import (
    DECLARED_SLACK_BYTES,
    MAX_DIRECTORY_BYTES,
    MAX_EXPANSION,
    MAX_UNZIPPED_BYTES,
    MAX_ZIP_MEMBERS,
)

SIGNATURE: Final = b"PK\x03\x04"
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_CHUNK = 1024 * 1024
_END_BYTES = 22 + 65_535 + 20  # the end record, its longest comment, zip64's locator before it


@dataclass(frozen=True, slots=True)
class Archive:
    """An open zip whose directory passed the checks."""

    zip: zipfile.ZipFile
    what: str
    names: tuple[str, ...]

    def read(self, name: str, limit: int) -> bytes:
        """The content of one member, which must not be longer than `limit` bytes."""
        if self.zip.getinfo(name).file_size > limit:
            raise HostileModel(f"{name!r} in {self.what} is longer than {limit:,} bytes")
        return b"".join(self._chunks(name))

    def extract(self, name: str, target: Path) -> Path:
        """Write one member to the file `target`, whose folder is made."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            for chunk in self._chunks(name):
                file.write(chunk)
        return target

    def extract_all(self, folder: Path) -> Path:
        """Write all members below `folder`."""
        for name in self.names:
            self.extract(name, folder / name)
        return folder

    def _chunks(self, name: str) -> Iterator[bytes]:
        try:
            with self.zip.open(name) as member:
                while chunk := member.read(_CHUNK):
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError) as exc:
            raise UnreadableModel(f"{name!r} in {self.what} cannot be unpacked") from exc


@contextmanager
def open_archive(path: Path, what: str) -> Iterator[Archive]:
    """The zip at `path`, its directory checked; `what` names it in messages.

    Raises `HostileModel` for a bomb, a link or a name that leaves the folder.
    """
    _check_directory(path, what)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as exc:
        raise UnreadableModel(f"{what} is no whole zip file") from exc
    with archive:
        members = archive.infolist()
        _check_sizes(members, path.stat().st_size, what)
        for member in members:
            _check_member(member, what)
        names = tuple(member.filename for member in members if not member.is_dir())
        if len(set(names)) != len(names):
            raise HostileModel(f"{what} holds a name twice")
        yield Archive(archive, what, names)


def _check_directory(path: Path, what: str) -> None:
    """Bound the directory before it is read: a million empty members are a bomb as well."""
    stored = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, stored - _END_BYTES))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise UnreadableModel(f"{what} is no whole zip file")
    count, directory_bytes = struct.unpack_from("<HI", tail, at + 10)
    if count > MAX_ZIP_MEMBERS or directory_bytes > MAX_DIRECTORY_BYTES:
        raise HostileModel(f"{what} has {count:,} members; at most {MAX_ZIP_MEMBERS:,} are read")
    if tail.rfind(b"PK\x06\x07", 0, at) == at - 20 >= 0:
        raise HostileModel(f"{what} is a zip64, which Keras never needs")


def _check_sizes(members: list[zipfile.ZipInfo], stored: int, what: str) -> None:
    if len(members) > MAX_ZIP_MEMBERS:
        raise HostileModel(f"{what} has {len(members):,} members; at most {MAX_ZIP_MEMBERS:,}")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNZIPPED_BYTES:
        raise HostileModel(
            f"{what} unpacks to {unpacked:,} bytes; at most {MAX_UNZIPPED_BYTES:,} are read"
        )
    if unpacked > DECLARED_SLACK_BYTES and unpacked > stored * MAX_EXPANSION:
        raise HostileModel(f"{what} has {stored:,} bytes and unpacks to {unpacked:,}")
    if sum(member.compress_size for member in members) > stored:
        raise HostileModel(f"{what} has members that overlap")


def _check_member(member: zipfile.ZipInfo, what: str) -> None:
    name = member.filename
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\0" in name:
        raise HostileModel(f"{what} holds the name {name!r}, which leaves its folder")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise HostileModel(f"{what} holds {name!r}, a symbolic link")
    if member.compress_type not in _METHODS or member.flag_bits & 0x1:
        raise UnreadableModel(f"{name!r} in {what} is encrypted or packed in an unusual way")
