"""The labelled folder that a model is measured on: checked by names alone, then listed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from inference.errors import CallerError, ModelError
from inference.pictures.decoding import PictureLimits, decode
from inference.plurals import counted
from inference.recipe import Recipe
from training.labelled import (
    SPLITS,
    LabelledPicture,
    class_files,
    folder_names,
    list_labelled,
)
from training.photos import digest_of

MOST_CLASSES: Final = 1_000
MOST_PICTURES: Final = 50_000


class BadFolder(Exception):
    """Nothing can be measured on this folder; the message says why. Nothing has begun."""


def check_names(folder: Path) -> None:
    """Raise `BadFolder` for what no model can be measured on; no file is opened."""
    found = folder_names(folder)
    if not found:
        files = sum(1 for each in folder.iterdir() if each.is_file() and each.name[0] != ".")
        what = f"{counted(files, 'file')} and no folder" if files else "nothing"
        raise BadFolder(f"{folder} holds {what}; put the pictures of each class into a folder")
    if {name.casefold() for name in found} <= SPLITS:
        raise BadFolder(
            f"the folders in {folder} are {', '.join(found)}: that is a split and no classes; "
            f"name one of them, such as {folder / found[0]}"
        )
    if len(found) == 1:
        if inner := folder_names(folder / found[0]):
            raise BadFolder(
                f"{folder} holds one folder, {found[0]}, with {counted(len(inner), 'folder')} in "
                f"it, such as {inner[0]}; if those are the classes, name {folder / found[0]}"
            )
        raise BadFolder(
            f"{folder} holds one class, {found[0]}: what is taken for it by mistake, nobody would "
            "see. Add a folder with pictures of something else"
        )
    if len(found) > MOST_CLASSES:
        raise BadFolder(
            f"{folder} holds {len(found):,} folders; at most {MOST_CLASSES:,} classes are measured"
        )


def pictures_of(folder: Path, labels: Sequence[str]) -> list[LabelledPicture]:
    """The files of every class, in an order that mixes the classes and is always the same.

    Whoever stops half-way has then seen a fair part of each. Raises `BadFolder` for folders that
    are named like no label, or that hold nothing, and where nothing at all can be decoded.
    """
    check_names(folder)
    try:
        found = list_labelled(folder, labels)
    except ModelError as exc:
        raise BadFolder(f"{folder}: {exc}") from exc
    missing = sorted(set(folder_names(folder)) - {each.name.partition("/")[0] for each in found})
    if missing:
        more = f" and {len(missing) - 3:,} more" if len(missing) > 3 else ""
        raise BadFolder(
            f"{folder}: no file lies in {', '.join(missing[:3])}{more}; add pictures, or take "
            "these folders away"
        )
    if len(found) > MOST_PICTURES:
        raise BadFolder(
            f"{folder} holds {len(found):,} files; at most {MOST_PICTURES:,} are measured"
        )
    if not any(map(_is_picture, found)):
        raise BadFolder(
            f"none of the {counted(len(found), 'file')} in {folder} can be decoded as a picture: "
            f"{found[0].name} and all others"
        )
    return sorted(found, key=_shuffled)


def read(picture: LabelledPicture, most: int) -> bytes:
    """The file's content, `most` bytes and one at most: enough to be refused as too large."""
    with picture.path.open("rb") as file:
        return file.read(most + 1)


def file_digest(path: Path) -> bytes:
    """SHA-256 of a file; of none where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return b""


def folder_digest(folder: Path) -> str:
    """The digest of all files in the folders of classes, as a report on them has it."""
    files = (path for name in folder_names(folder) for path in class_files(folder / name))
    return digest_of((path.relative_to(folder).as_posix(), file_digest(path)) for path in files)


def _shuffled(picture: LabelledPicture) -> bytes:
    return hashlib.sha256(os.fsencode(picture.name)).digest()


def _is_picture(picture: LabelledPicture) -> bool:
    limits = PictureLimits()
    try:
        decode(read(picture, limits.max_bytes), (32, 32), Recipe(), limits)
    except (CallerError, OSError):
        return False
    return True
