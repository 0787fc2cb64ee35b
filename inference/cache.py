"""Files of releases, kept on this machine: a restart or a rollback need not fetch them again.

A file is named by its SHA-256 and is whole: it was written under another name, and is checked
against its digest each time it is used. A folder that cannot be written, or is full, costs the
saving and nothing else. One that another user put in the way, or a link, is left alone: its files
would be removed in their turn.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import stat
from collections.abc import Collection
from pathlib import Path

from inference.whole import written_whole

log = logging.getLogger(__name__)

OFF = "off"
"""What the setting says where nothing is to be kept."""

_ROOT = 0
"""Whose files may be read as well: those that came with a container's image."""


class Cache:
    """One folder of files. Several threads and several processes may share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, sha256: str) -> bytes | None:
        """The file with that digest, or None; a damaged one is removed."""
        if self._owner() not in (os.geteuid(), _ROOT):
            return None
        try:
            data = (self.folder / sha256).read_bytes()
        except OSError:
            return None
        if hashlib.sha256(data).hexdigest() == sha256:
            return data
        log.warning("a cached file is not what it was: %s in %s", sha256[:12], self.folder)
        self._remove(sha256)
        return None

    def keep(self, sha256: str, data: bytes) -> None:
        """Keep a file that was checked against its digest; failing to is logged, not raised."""
        # By this name `keep_only` of another process knows it, and leaves it alone.
        unfinished = self.folder / f".{sha256}.{secrets.token_hex(4)}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._owner() != os.geteuid():
                raise PermissionError(0, "it is a link, or belongs to another user")
            with written_whole(self.folder / sha256, unfinished), unfinished.open("xb") as file:
                file.write(data)
        except OSError as exc:
            log.warning(
                "served from memory alone: %s cannot keep a file: %s", self.folder, exc.strerror
            )

    def keep_only(self, digests: Collection[str]) -> None:
        """Remove all other files, those of processes that died while writing among them."""
        if self._owner() != os.geteuid():
            return
        try:
            names = [entry.name for entry in os.scandir(self.folder)]
        except OSError:
            return
        for name in names:
            if name.removeprefix(".").partition(".")[0] not in digests:
                self._remove(name)

    def _owner(self) -> int | None:
        """Whose folder it is; None where there is none, or a link to one."""
        try:
            found = self.folder.lstat()
        except OSError:
            return None
        return found.st_uid if stat.S_ISDIR(found.st_mode) else None

    def _remove(self, name: str) -> None:
        try:
            (self.folder / name).unlink(missing_ok=True)
        except OSError as exc:
            log.warning("%s in %s cannot be removed: %s", name[:12], self.folder, exc.strerror)


def cache_of(reference: str, setting: str | None) -> Cache | None:
    """The cache of one reference, so that processes serving others leave its files alone."""
    if setting == OFF:
        return None
    name = hashlib.sha256(reference.encode(errors="surrogateescape")).hexdigest()[:16]
    if setting is not None:
        return Cache(Path(setting) / name)
    import tempfile  # not on Lambda, where every import counts

    # One folder and none in another: everybody may make the outer one first.
    return Cache(Path(tempfile.gettempdir()) / f"microlens-{os.geteuid()}-{name}")
