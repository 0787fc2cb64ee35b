"""The files in an incoming folder: which lie there, and what is still missing or out of place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from inference import layout
from inference.errors import ModelError, StoreConflict, UnreadableModel
from inference.keras_files.names import FOREIGN, GRAPH, HDF5_SUFFIXES, find_model_files
from inference.manifest import LABELS
from inference.stores import Store, Tag
from training.gathering import RECIPE

PICTURES: Final = "pictures/"
_MODEL_SUFFIXES: Final = (".json", *HDF5_SUFFIXES, ".keras", ".tflite", ".zip")


def look(store: Store, name: str) -> dict[str, Tag]:
    """The files that were dropped for the model `name`, by their name in the folder."""
    prefix = layout.incoming(name)
    keys = [key for key in store.list(prefix) if _is_file(key.removeprefix(prefix))]
    return {key.removeprefix(prefix): tag for key in keys if (tag := store.tag(key))}


def fetch(store: Store, name: str, tags: Mapping[str, Tag], folder: Path) -> None:
    """Copy exactly these files into `folder`.

    Raises `StoreConflict` if others lie there now, `ModelError` for a link that leads out, and
    `SourceUnavailable`.
    """
    for file, tag in tags.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(store.read_tagged(layout.incoming(name) + file, tag))
    check_links(store, name, tags)
    if look(store, name) != tags:
        raise StoreConflict("files were replaced while they were read")


def check_links(store: Store, name: str, files: Iterable[str]) -> None:
    """`ModelError` for a link that leads out of the folder: who may drop files may not read all.

    Only a folder on a disk has links.
    """
    if not store.is_local:
        return
    folder = Path(store.url, layout.incoming(name)).resolve()
    for file in files:
        if not (folder / file).resolve().is_relative_to(folder):
            raise ModelError(
                f"{file} is a link that leads out of incoming/, and is not followed: put the "
                "file itself there"
            )


def missing(names: Collection[str]) -> tuple[str, ...]:
    """What has still to be dropped before these files can be published.

    Raises `UnreadableModel` for files that are no model and never will be, or two models, or a
    folder with a model in it.
    """
    own = [name for name in names if not name.startswith(PICTURES)]
    _check_folders(own)
    if not any(name.lower().endswith((*_MODEL_SUFFIXES, ".pb")) for name in own if name != RECIPE):
        if any(name.lower().endswith(FOREIGN) for name in own):
            find_model_files(own)  # says of what kind they are
        return ("a model",)
    files = find_model_files(own)
    has_pictures = any(name.startswith(PICTURES) for name in names)
    return (
        *files.waiting_for,
        *(() if files.labels else (LABELS,)),
        *(() if files.recipe or has_pictures else (f"{RECIPE} or {PICTURES}CLASS/…",)),
    )


def _check_folders(names: Collection[str]) -> None:
    """A SavedModel is a folder; of any other model the files themselves are dropped."""
    graphs = {PurePosixPath(name).parent for name in names if PurePosixPath(name).name == GRAPH}
    for name in names:
        path = PurePosixPath(name)
        if any(part.startswith((".", "__MACOSX")) for part in path.parts):
            continue
        inside = len(path.parts) > 1 and not graphs & set(path.parents)
        if inside and (name.lower().endswith(_MODEL_SUFFIXES) or path.name == LABELS):
            raise UnreadableModel(
                f"the folder {path.parts[0]!r} was dropped with {path.name} in it: put the files "
                "themselves into incoming/; folders there are pictures/ and a SavedModel's own"
            )


def _is_file(name: str) -> bool:
    """Whether a key's end is a plain name of a file: a bucket may hold anything."""
    path = PurePosixPath(name)
    return bool(path.parts) and path.as_posix() == name and not {"..", "/"} & set(path.parts)
