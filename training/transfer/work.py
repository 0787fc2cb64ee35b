"""The folder of a training run: what was computed is kept there, and found by the next run.

Everything is named by a digest of what it was made from, so nothing stale is ever taken.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference.room import named
from inference.whole import written_whole

Arrays = dict[str, NDArray[Any]]

_KEY_DIGITS: Final = 16


def key(*parts: Any) -> str:
    """A name for what is made of `parts`: plain values and bytes."""
    whole = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else json.dumps(part, sort_keys=True).encode()
        whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()[:_KEY_DIGITS]


def installed(*packages: str) -> list[str]:
    """Those of the packages that are installed, with their versions: part of what makes a key."""
    found = []
    for name in packages:
        with suppress(PackageNotFoundError):
            found.append(f"{name} {version(name)}")
    return found


class Work:
    """Files below `folder`; each is whole or not there. For one process at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> bytes | None:
        """The content of a file that was kept; None if there is none."""
        path = self.folder / name
        return path.read_bytes() if path.is_file() else None

    def keep(self, name: str, content: bytes) -> None:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # One name for all runs: what a killed one left behind, the next one writes over.
        with named(path), written_whole(path, path.with_name(f"{path.name}.partial")) as partial:
            partial.write_bytes(content)

    def read_arrays(self, name: str) -> Arrays | None:
        """Arrays that were kept; None if there are none, or the file is damaged."""
        content = self.read(name)
        if content is None:
            return None
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                return {each: arrays[each] for each in arrays.files}
        except (ValueError, OSError, EOFError, zipfile.BadZipFile):
            return None

    def keep_arrays(self, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write arrays as one file."""
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)  # type: ignore[arg-type]  # a stub that knows one keyword
        self.keep(name, buffer.getvalue())

    def names(self, folder: str) -> Iterator[str]:
        """The names of the files that were kept in `folder`, sorted."""
        for path in sorted((self.folder / folder).glob("*")):
            if not path.name.endswith(".partial"):
                yield f"{folder}/{path.name}"
