"""A labelled folder: one folder of pictures for each class, named like its label or its index."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.cores import cores
from inference.errors import CallerError, ModelError
from inference.framing import Size
from inference.pictures.decoding import PictureLimits, decode
from inference.plurals import counted
from inference.recipe import Recipe

SPLITS = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})
"""Names of folders that are no classes where there are no others."""
MOST_PICTURES = 400
"""How many pictures are used, however many lie there: enough to measure a per cent or two."""

_OF_SYSTEMS = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "@eadir", "__macosx"})
"""What Windows, macOS and network disks put beside pictures, and hide from people."""
_INDEX = re.compile(r"\d{1,6}", re.ASCII)
_PROBE: Size = (32, 32)


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A picture file and the index of the class that it shows; read each time it is asked for."""

    name: str
    path: Path
    index: int

    @property
    def data(self) -> bytes:
        """The file's content."""
        return self.path.read_bytes()

    def pixels(self, size: Size, recipe: Recipe) -> NDArray[np.uint8]:
        """What a network that looks at `size` sees of it: `(height, width, channels)`."""
        return decode(self.data, size, recipe, PictureLimits()).pixels


@dataclass(frozen=True, slots=True)
class Labelled:
    """Pictures of a labelled folder, class by class.

    `found` counts all that lie there; `passed_over` names files that cannot be decoded.
    """

    pictures: tuple[LabelledPicture, ...]
    found: int
    passed_over: tuple[str, ...] = ()

    def split(self, most: int) -> tuple[Sequence[LabelledPicture], Sequence[LabelledPicture]]:
        """Every second picture, `most` of them at most, and all the others."""
        chosen = spread(self.pictures[::2], most)
        names = {picture.name for picture in chosen}
        return chosen, [picture for picture in self.pictures if picture.name not in names]


def read_labelled(folder: Path, labels: Sequence[str], most: int = MOST_PICTURES) -> Labelled:
    """At most `most` of the pictures below `folder`, evenly from each class.

    A folder belongs to the class whose label or index is its name; small or capital letters, `_`
    or a space make no difference. Hidden files are left alone. Raises `ModelError` for a folder
    of no class, and when there is no picture at all.
    """
    found = list_labelled(folder, labels)
    chosen = spread(found, most)
    with ThreadPoolExecutor(cores()) as pool:
        readable = list(pool.map(_is_readable, chosen))
    pictures = tuple(each for each, good in zip(chosen, readable, strict=True) if good)
    if not pictures:
        raise ModelError(f"{folder} holds no picture in a folder named like a label")
    passed_over = [each.name for each, good in zip(chosen, readable, strict=True) if not good]
    return Labelled(pictures, len(found), tuple(passed_over))


def list_labelled(folder: Path, labels: Sequence[str]) -> list[LabelledPicture]:
    """Every file below `folder`, class by class; none is opened.

    Names mean classes as for `read_labelled`. Raises `ModelError` for a folder of no class.
    """
    if not folder.is_dir():
        raise ModelError(f"{folder} is no folder with one folder of pictures for each class")
    classes = _Classes(labels)
    below = sorted(
        (classes.index(each.name), each)
        for each in folder.iterdir()
        if each.is_dir() and not is_hidden(Path(each.name))
    )
    return [
        LabelledPicture(path.relative_to(folder).as_posix(), path, index)
        for index, each in below
        for path in class_files(each)
    ]


def class_files(folder: Path) -> list[Path]:
    """The files below the folder of one class, sorted, without hidden ones."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not is_hidden(path.relative_to(folder))
    ]


def spread(pictures: Sequence[LabelledPicture], most: int) -> Sequence[LabelledPicture]:
    """At most `most` of them, evenly from the first to the last; always the same ones."""
    count = len(pictures)
    if count <= most:
        return pictures
    return [pictures[place * count // most] for place in range(most)]


def folder_names(folder: Path) -> tuple[str, ...]:
    """The names of the folders in a labelled folder, in the order in which Keras numbers them."""
    if not folder.is_dir():
        return ()
    return tuple(
        sorted(
            each.name
            for each in folder.iterdir()
            if each.is_dir() and not is_hidden(Path(each.name))
        )
    )


class _Classes:
    """Which class a folder's name means."""

    def __init__(self, labels: Sequence[str]) -> None:
        self._labels = labels
        self._indices: dict[str, list[int]] = {}
        for index, label in enumerate(labels):
            self._indices.setdefault(plain(label), []).append(index)

    def index(self, name: str) -> int:
        """The class of the folder `name`; `ModelError` if there is none, or more than one."""
        found = self._indices.get(plain(name), [])
        if not found and _INDEX.fullmatch(name) and int(name) < len(self._labels):
            found = [int(name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise ModelError(
                f"the folder {name!r} may be of any of the classes {', '.join(map(str, found))}, "
                "which have the same label: name the folder by the index"
            )
        near = get_close_matches(plain(name), self._indices, 3)
        known = ", ".join(repr(self._labels[self._indices[each][0]]) for each in near)
        raise ModelError(
            f"the folder {name!r} is named like none of the {counted(len(self._labels), 'label')}"
            + (f"; the nearest are {known}" if known else "")
        )


def plain(name: str) -> str:
    """The name as labels are compared: small letters, `_` a space, accents on their letters."""
    # Some file systems take letters apart from their accents.
    composed = unicodedata.normalize("NFC", name)
    return " ".join(composed.casefold().replace("_", " ").split())


def is_hidden(path: Path) -> bool:
    """Whether `path`, as it stands in a labelled folder, is nothing that people put there."""
    return any(part.startswith(".") or part.lower() in _OF_SYSTEMS for part in path.parts)


def _is_readable(picture: LabelledPicture) -> bool:
    try:
        picture.pixels(_PROBE, Recipe())
    except (CallerError, OSError):
        return False
    return True
