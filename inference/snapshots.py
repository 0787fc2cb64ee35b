"""Plain files of a model, replaced one after the other: seen, and read, as one consistent set.

A snapshot is the tag of every file. The files are read as exactly those that it names, and the
tags are asked for again afterwards: when both agree, all files lay there together between the
two. Whether the set also belongs together is then told from its content, before anything is
built of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from inference.errors import ModelError, ModelIncomplete, StoreConflict, UnreadableModel
from inference.keras_files.names import GRAPH, ModelFiles, find_model_files
from inference.manifest import LABELS, MANIFEST
from inference.stores import Store, Tag

RECIPE = "recipe.json"

_SAVED_MODEL = ("variables/variables.index", "variables/variables.data-00000-of-00001")
WELL_KNOWN = (
    *("architecture.json", "model.json", "weights.h5", "model.weights.h5"),
    *("model.keras", "model.h5", "model.tflite", "saved_model.zip"),
    *(f"saved_model/{name}" for name in (GRAPH, "fingerprint.pb", *_SAVED_MODEL)),
    *(LABELS, RECIPE),
)
"""What files in a bucket must be called, because a bucket is never listed to find them."""


@dataclass(frozen=True)
class Snapshot:
    """The tags of the files of one model; equal to another when every tag is."""

    tags: tuple[tuple[str, Tag], ...]
    fault: str = ""
    """Why these files are no model, where their names alone say so."""

    @cached_property
    def files(self) -> ModelFiles:
        """Which of the files is what; `UnreadableModel` when they are no model, or two."""
        return find_model_files(name for name, _ in self.tags)

    @property
    def waits_for(self) -> tuple[str, ...]:
        """What is still missing before the model can be served."""
        files = self.files
        labels = () if files.labels else (LABELS,)
        return (*files.waiting_for, *labels, *(() if files.recipe else (RECIPE,)))


def take_snapshot(store: Store, known: Snapshot | None = None) -> Snapshot:
    """What lies in the root of `store` now; `known` is the snapshot that was taken before.

    In a bucket a complete set is asked for by its own names alone, one request for each, for as
    long as all of them are there.
    """
    if known and not store.is_local and not known.fault and not known.waits_for:
        again = _tags(store, (name for name, _ in known.tags))
        if len(again) == len(known.tags):
            return Snapshot(again)
    tags = _tags(store, _names_here(store) if store.is_local else WELL_KNOWN)
    try:
        find_model_files(name for name, _ in tags)
    except UnreadableModel as exc:
        return Snapshot(tags, f"there is no bundle: no {MANIFEST} lies there, and {exc}")
    return Snapshot(tags)


def read_snapshot(store: Store, snapshot: Snapshot) -> dict[str, bytes]:
    """The content of every file of a snapshot, all of one and the same moment.

    Raises `ModelError` or `ModelIncomplete` when they are no whole model, and `StoreConflict`
    when a file is another by now.
    """
    if snapshot.fault:
        raise ModelError(snapshot.fault)
    if missing := snapshot.waits_for:
        raise ModelIncomplete(f"waiting for {' and '.join(missing)}{_advice(missing)}")
    content = {name: store.read_tagged(name, tag) for name, tag in snapshot.tags}
    if take_snapshot(store, snapshot) != snapshot:
        raise StoreConflict(f"files in {store.url} were replaced while they were read")
    return content


def _advice(missing: Iterable[str]) -> str:
    if RECIPE not in missing:
        return ""
    return (
        ": how pictures are prepared for a model is never guessed; "
        "`microlens doctor FOLDER --pictures LABELLED_FOLDER` finds it out"
    )


def _tags(store: Store, names: Iterable[str]) -> tuple[tuple[str, Tag], ...]:
    return tuple((name, tag) for name in sorted(names) if (tag := store.tag(name)))


def _names_here(store: Store) -> list[str]:
    """The files in a folder that could belong to a model; listing costs nothing there."""
    names = list(store.list(""))
    graphs = [PurePosixPath(name).parent for name in names if PurePosixPath(name).name == GRAPH]
    return [name for name in names if "/" not in name or _is_below(name, graphs)]


def _is_below(name: str, folders: Iterable[PurePosixPath]) -> bool:
    return any(PurePosixPath(name).is_relative_to(folder) for folder in folders)
