"""A folder to train from: one folder of pictures for each class, checked by names alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inference.errors import ModelError
from inference.labels import parse_labels, serialise_labels
from inference.plurals import counted
from training.labelled import SPLITS, LabelledPicture, folder_names, is_hidden, plain

MOST_PICTURES: Final = 20_000
MOST_CLASSES: Final = 1_000
FEWEST_PICTURES: Final = 5
"""A class with fewer cannot give a fifth away and still be learned."""

_NAMES_SHOWN: Final = 5


class Unusable(Exception):
    """No model can be trained so; the message says why, and what to do. Nothing has begun."""


@dataclass(frozen=True, slots=True)
class ClassFolder:
    """The classes of a folder in the order of their names, and the files in each.

    `deeper` names folders below those of classes whose files were not listed.
    """

    labels: tuple[str, ...]
    pictures: tuple[LabelledPicture, ...]
    deeper: tuple[str, ...] = ()

    def counts(self) -> list[int]:
        """How many files each class has."""
        counts = [0] * len(self.labels)
        for each in self.pictures:
            counts[each.index] += 1
        return counts


def list_classes(
    folder: Path,
    *,
    fewest: int = FEWEST_PICTURES,
    labels: Sequence[str] | None = None,
    nested: bool = False,
) -> ClassFolder:
    """The files of every class, sorted; none is opened.

    `labels` are those of the training folder, for a folder beside it; `nested` lets pictures lie
    deeper than in their class's folder. Raises `Unusable`, as soon as names tell.
    """
    found = folder_names(folder)
    _check_classes(folder, found, labels)
    known = tuple(labels) if labels is not None else found
    pictures: list[LabelledPicture] = []
    only_deeper: list[str] = []
    deeper: list[str] = []
    few: list[str] = []
    for name in found:
        files = sorted(_files(folder / name, nested=nested))
        inner = () if nested else folder_names(folder / name)
        deeper += [f"{name}/{each}" for each in inner]
        if not files and inner:
            only_deeper.append(name)
        elif len(files) < fewest:
            few.append(f"{name} ({len(files)})")
        index = known.index(name)
        relative = (path.relative_to(folder).as_posix() for path in files)
        pictures += [
            LabelledPicture(each, path, index) for each, path in zip(relative, files, strict=True)
        ]
        if len(pictures) > MOST_PICTURES:
            raise Unusable(
                f"{folder} holds more than {MOST_PICTURES:,} files: train on a part of them"
            )
    if only_deeper:
        raise Unusable(_deeper(folder, found, only_deeper))
    if few:
        raise Unusable(
            f"{len(few):,} of {len(found):,} classes in {folder} have fewer than {fewest} files: "
            f"{naming(few)}; add pictures, or take these folders away"
        )
    return ClassFolder(known, tuple(pictures), tuple(deeper))


def naming(names: Sequence[str], most: int = _NAMES_SHOWN) -> str:
    """The first few of `names`, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _check_classes(folder: Path, found: tuple[str, ...], labels: Sequence[str] | None) -> None:
    """The names of the folders make labels, and as many as a model can be trained for."""
    if not found:
        files = sum(1 for _ in _files(folder, nested=False))
        what = f"{files:,} files and no folder" if files else "nothing"
        raise Unusable(f"{folder} holds {what}; put the pictures of each class into a folder")
    if labels is not None:
        if unknown := [name for name in found if name not in labels]:
            raise Unusable(
                f"{folder} has folders for classes that are not trained: {naming(unknown)}; the "
                f"classes are {naming(list(labels))}"
            )
        return
    if len(found) == 1:
        if inner := folder_names(folder / found[0]):
            raise Unusable(
                f"{folder} holds one folder, {found[0]}, with {counted(len(inner), 'folder')} in "
                f"it, such as {inner[0]}; if those are the classes, name {folder / found[0]}"
            )
        raise Unusable(
            f"{folder} holds one class, {found[0]}: a model tells at least two apart. Add a folder "
            "with pictures of something else"
        )
    if {name.casefold() for name in found} <= SPLITS:
        raise Unusable(
            f"the folders in {folder} are {', '.join(found)}: that is a split and no classes. Name "
            "the one to learn from as FOLDER, and the other with --validation"
        )
    if len(found) > MOST_CLASSES:
        raise Unusable(
            f"{folder} holds {len(found):,} folders, {naming(list(found), 3)}; at most "
            f"{MOST_CLASSES:,} classes are trained"
        )
    _check_labels(folder, found)


def _check_labels(folder: Path, names: tuple[str, ...]) -> None:
    try:
        # One by one: numbers in front of all of them would be taken for indices.
        alike = all(parse_labels(serialise_labels((name,)), "labels") == (name,) for name in names)
    except (ModelError, UnicodeEncodeError):
        alike = False
    if not alike or not all(name.isprintable() for name in names):
        odd = [name for name in names if not name.isprintable() or name != name.strip()]
        raise Unusable(
            f"folders in {folder} have names that make no label: {naming([*map(ascii, odd)])}; a "
            "label is one line of printable UTF-8, with no space at its ends"
        )
    known: dict[str, str] = {}
    for name in names:
        other = known.setdefault(plain(name), name)
        if other != name:
            raise Unusable(
                f"the folders {other!r} and {name!r} in {folder} have names that count as the "
                "same: small and capital letters, _ and a space make no difference in a label"
            )


def _deeper(folder: Path, found: tuple[str, ...], deeper: list[str]) -> str:
    first = folder_names(folder / deeper[0])[0]
    return (
        f"{len(deeper):,} of {len(found):,} folders in {folder} hold folders and no file: "
        f"{naming(deeper)}, where {deeper[0]} holds {first}. If the classes lie there, name "
        "that folder; if the folders below a class say what belongs together, name them with "
        "--group-by '[^/]+/([^/]+)/'"
    )


def _files(folder: Path, *, nested: bool) -> Iterator[Path]:
    """The visible files in `folder`, and below it where that is meant."""
    paths = folder.rglob("*") if nested else folder.iterdir()
    for path in paths:
        if not is_hidden(path.relative_to(folder)) and path.is_file():
            yield path
