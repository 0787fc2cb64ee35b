"""A model's plain files as a bundle: the manifest that nobody wrote is worked out from them.

Nothing is guessed that an answer depends on: the recipe must lie beside the model, and files
that do not fit together are waited for, because they are replaced one after the other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

from pydantic import ValidationError

from inference.bundle import Bundle
from inference.errors import ModelError, ModelIncomplete, UnreadableModel
from inference.keras_files.names import ModelFiles
from inference.labels import parse_labels, serialise_labels
from inference.manifest import (
    LABELS,
    MODEL_FILE,
    SOURCE,
    FileDigest,
    Input,
    Manifest,
    Origin,
    Output,
    Quantisation,
    release_digest,
)
from inference.plurals import counted
from inference.recipe import Recipe
from inference.sides import Sides, check_channels, keras_sides, litert_sides
from inference.snapshots import Snapshot, read_snapshot
from inference.stores import Blob, Store
from inference.validation import faults_in


@dataclass(frozen=True, slots=True)
class Held:
    """Files in memory, readable as a store is until `files` is cleared."""

    files: Mapping[str, bytes]

    def read(self, key: str) -> Blob | None:
        """The content of a file; its tag is of no use."""
        data = self.files.get(key)
        return None if data is None else Blob(data, "")


def bundle_of(store: Store, snapshot: Snapshot, held: dict[str, bytes]) -> Bundle:
    """The bundle that the files of a snapshot make; they are read into `held`.

    Raises `ModelIncomplete` while they do not fit together, `HostileModel`, or `StoreConflict`
    when they are replaced meanwhile.
    """
    content = read_snapshot(store, snapshot)
    files = snapshot.files
    with _as_incomplete():
        recipe = Recipe.model_validate_json(content.pop(str(files.recipe)))
        labels = _labels(content.pop(str(files.labels)))
        if files.format == "tflite":
            network = litert_sides(content[files.model], recipe)
        else:
            network = keras_sides(content, recipe)
        _check(network, recipe, labels)
        held.update(_renamed(content, files), **{LABELS: serialise_labels(labels)})
        manifest = _manifest(_name_of(store.url), files, network, recipe, held)
    return Bundle(manifest, release_digest(manifest.serialise()), Held(held))


def _labels(content: bytes) -> tuple[str, ...]:
    """The labels as publishing reads them; what cannot be read may not have wholly arrived."""
    try:
        return parse_labels(content, LABELS)
    except ModelError as exc:
        raise ModelIncomplete(str(exc)) from exc


def _check(network: Sides, recipe: Recipe, labels: tuple[str, ...]) -> None:
    if (network.classes, len(labels)) == (1, 2):
        raise ModelError(
            "one score for two labels is served once it is published: `microlens publish` makes "
            "two classes of it"
        )
    if len(labels) != network.classes:
        raise ModelIncomplete(
            f"{LABELS} has {counted(len(labels), 'line')} and the model answers with "
            f"{counted(network.classes, 'number')}: they do not belong together"
        )
    check_channels(network.shape, recipe)


def _renamed(content: Mapping[str, bytes], files: ModelFiles) -> dict[str, bytes]:
    """The files under the names that they have in a bundle."""
    if files.format == "tflite":
        return {MODEL_FILE["litert"]: content[files.model]}
    return {SOURCE + name: data for name, data in content.items()}


def _manifest(
    name: str, files: ModelFiles, network: Sides, recipe: Recipe, held: Mapping[str, bytes]
) -> Manifest:
    height, width, _ = network.shape
    return Manifest(
        name=name,
        loader="litert" if files.format == "tflite" else "tensorflow",
        input=Input.model_validate({"width": width, "height": height, "dtype": network.dtype}),
        recipe=recipe,
        output=Output(classes=network.classes, activation=network.activation),
        quantisation=Quantisation(scheme="none"),
        origin=Origin(source="plain files, served as they are"),
        made_by={},
        files={
            name: FileDigest(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
            for name, data in sorted(held.items())
        },
    )


def _name_of(url: str) -> str:
    """A model's name made of the last part of its place."""
    last = PurePosixPath(url).name.lower() or "model"
    return re.sub(r"[^a-z0-9._-]+|^[^a-z0-9]+", "-", last).strip("-._")[:63] or "model"


@contextmanager
def _as_incomplete() -> Iterator[None]:
    """A file that cannot be read may be one that has not wholly arrived."""
    try:
        yield
    except (UnreadableModel, UnicodeDecodeError) as exc:
        raise ModelIncomplete(str(exc)) from exc
    except ValidationError as exc:
        said = f"the recipe or the model cannot be used: {faults_in(exc)}"
        raise ModelIncomplete(said) from exc
