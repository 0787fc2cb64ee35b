"""Labelled photos whose names begin with the index of their class: `000_n01440764_tench.JPEG`."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from inference.errors import ModelError

_NAME = re.compile(r"(?P<index>\d+)_.+\.(?:jpe?g|png|webp)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture file and the index of the class that it shows."""

    name: str
    data: bytes
    index: int


def read_photos(folder: Path, classes: int) -> list[Photo]:
    """The photos in `folder`, sorted by name; other files are passed over.

    Raises `ModelError` when there is none, or when an index is none of the `classes`.
    """
    if not folder.is_dir():
        raise ModelError(f"{folder} is no folder of photos")
    paths = {
        path: match for path in sorted(folder.iterdir()) if (match := _NAME.fullmatch(path.name))
    }
    if not paths:
        raise ModelError(f"{folder} holds no photo with a name like 000_tench.jpg")
    photos = [
        Photo(path.name, path.read_bytes(), int(name["index"])) for path, name in paths.items()
    ]
    for photo in photos:
        if photo.index >= classes:
            raise ModelError(f"{photo.name} is of class {photo.index}; the last is {classes - 1}")
    return photos


class Named(Protocol):
    """A picture with a name, a content, and the index of the class that it shows."""

    @property
    def name(self) -> str:
        """What it is called among the others."""

    @property
    def data(self) -> bytes:
        """The file's content."""

    @property
    def index(self) -> int:
        """The class that it shows."""


def digest(photos: Sequence[Named]) -> str:
    """SHA-256 of names and contents: the same whatever the order, and of nothing else."""
    return digest_of((photo.name, hashlib.sha256(photo.data).digest()) for photo in photos)


def digest_of(contents: Iterable[tuple[str, bytes]]) -> str:
    """The same from names and the SHA-256 of each content, for who has them already."""
    whole = hashlib.sha256()
    for name, content in sorted(contents):
        whole.update(os.fsencode(name) + b"\0" + content)
    return whole.hexdigest()
