"""Which files of a folder are the model, told from their names alone.

No content is read, so this works on an S3 listing too. What is missing, or is there twice, is
said in words that the operator can act on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from inference.errors import UnreadableModel

Format = Literal["json+h5", "h5", "keras", "saved_model", "tflite"]

GRAPH = "saved_model.pb"
FOREIGN = (".pkl", ".pickle", ".joblib", ".npz", ".npy", ".pt", ".pth", ".onnx", ".ckpt", ".pb")
HDF5_SUFFIXES = (".h5", ".hdf5", ".model")
"""`.model` is what a tutorial that many followed called its H5 file."""

CONVERT_BACK = (
    "turn it back with tensorflowjs_converter --input_format=tfjs_layers_model "
    "--output_format=keras model.json model.h5, and hand over model.h5"
)
_YAML = re.compile(r"(arch|model)[^/]*\.ya?ml$")
_SHARD = re.compile(r"shard\d+of\d+(\.bin)?$|(^|/)weights\.bin$")

_OTHER_JSON = re.compile(
    r"recipe|status|label|metadata|history|param|(?<![a-z])class(?:es)?(?![a-z])|class[_-]?"
    r"(?:id|ind|map|name)"
)


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of one model, relative to their folder; those of a SavedModel are its folder.

    `model` is empty while there is nothing but weights. `waiting_for` names what is missing
    before the model can be read; labels are not counted, because not every use needs them.
    """

    format: Format
    model: str
    weights: str | None = None
    labels: str | None = None
    recipe: str | None = None
    waiting_for: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything that the format needs is there."""
        return not self.waiting_for

    @property
    def needs(self) -> tuple[str, ...]:
        """The names to copy for reading this model; a SavedModel's folder stands for all in it."""
        return tuple(name for name in (self.model, self.weights) if name)


def find_model_files(names: Iterable[str]) -> ModelFiles:
    """The model among the files `names` (relative, with `/`) of one folder.

    Raises `UnreadableModel` when there is none, or more than one.
    """
    listed = sorted(name for name in names if not _is_hidden(name))
    found = [*_json_and_weights(listed), *_whole_models(listed)]
    if not found:
        raise UnreadableModel(_nothing(listed))
    if len(found) > 1:
        each = " and ".join(" + ".join(files.needs) for files in found)
        raise UnreadableModel(f"the folder holds more than one model: {each}; leave one of them")
    [files] = found
    return ModelFiles(
        files.format,
        files.model,
        files.weights,
        labels=_labels(listed),
        recipe="recipe.json" if "recipe.json" in listed else None,
        waiting_for=files.waiting_for,
    )


def _json_and_weights(names: Sequence[str]) -> list[ModelFiles]:
    """An architecture with weights beside it, or either of them alone."""
    architectures = _preferred([name for name in names if _is_architecture(name)])
    hdf5 = [name for name in names if name.lower().endswith(HDF5_SUFFIXES)]
    if len(architectures) > 1:
        raise UnreadableModel(
            f"more than one file could be the architecture: {', '.join(architectures)}; "
            "leave one, named architecture.json"
        )
    if architectures and not hdf5:
        whole = [name for name in names if name.lower().endswith((".keras", ".tflite", ".zip"))]
        if whole or any(PurePosixPath(name).name == GRAPH for name in names):
            return []
        _refuse_shards(architectures[0], names)
        return [ModelFiles("json+h5", architectures[0], waiting_for=("weights.h5",))]
    if len(hdf5) > 1:
        raise UnreadableModel(
            f"more than one file could be the weights: {', '.join(hdf5)}; leave one of them"
        )
    if not hdf5:
        return []
    if architectures:
        return [ModelFiles("json+h5", architectures[0], hdf5[0])]
    if _holds_weights_alone(hdf5[0]):
        _refuse_yaml(names)
        return [ModelFiles("json+h5", "", hdf5[0], waiting_for=("architecture.json",))]
    return [ModelFiles("h5", hdf5[0])]


def _refuse_shards(architecture: str, names: Sequence[str]) -> None:
    """Weights in pieces beside a description are those of TensorFlow.js."""
    shard = next((name for name in names if _SHARD.search(name)), None)
    if shard:
        raise UnreadableModel(
            f"{architecture} with {shard} is a model of TensorFlow.js; {CONVERT_BACK}"
        )


def _refuse_yaml(names: Sequence[str]) -> None:
    """An architecture in YAML, told by its name, is not one that is still to come."""
    yaml = next((name for name in names if _YAML.search(name.lower())), None)
    if yaml:
        raise UnreadableModel(
            f"the architecture in {yaml} is YAML, which Keras itself dropped; write it as "
            "architecture.json with model.to_json()"
        )


def _whole_models(names: Sequence[str]) -> list[ModelFiles]:
    found = [ModelFiles("keras", name) for name in names if name.lower().endswith(".keras")]
    found += [ModelFiles("tflite", name) for name in names if name.lower().endswith(".tflite")]
    found += [ModelFiles("saved_model", name) for name in names if name.lower().endswith(".zip")]
    graphs = [PurePosixPath(name) for name in names if PurePosixPath(name).name == GRAPH]
    found += [ModelFiles("saved_model", graph.parent.as_posix()) for graph in graphs]
    return found


def _is_hidden(name: str) -> bool:
    """Whether an operating system left the file there, and no person."""
    parts = PurePosixPath(name).parts
    return not parts or "__MACOSX" in parts or any(part.startswith(".") for part in parts)


def _is_architecture(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        path.suffix.lower() == ".json"
        and len(path.parts) == 1
        and not _OTHER_JSON.search(path.stem.lower())
    )


def _preferred(names: list[str]) -> list[str]:
    """Those that are named as they should be; failing that, those that sound like one."""
    if named := [name for name in names if name in ("architecture.json", "model.json")]:
        return named
    sounding = [name for name in names if "arch" in name.lower() or "model" in name.lower()]
    return sounding or names


def _holds_weights_alone(name: str) -> bool:
    """Whether the name says so: `weights.h5`, `x.weights.h5`, `x_weights.h5`."""
    return PurePosixPath(name).stem.lower().endswith("weights")


def _labels(names: Sequence[str]) -> str | None:
    """`labels.txt`, or the one text file whose name speaks of labels or classes."""
    if "labels.txt" in names:
        return "labels.txt"
    texts = [name for name in names if name.lower().endswith(".txt") and "/" not in name]
    sounding = [name for name in texts if "label" in name.lower() or "class" in name.lower()]
    return sounding[0] if len(sounding) == 1 else None


def _nothing(names: Sequence[str]) -> str:
    foreign = [name for name in names if name.lower().endswith(FOREIGN)]
    taken = "architecture.json + weights.h5, .h5, .keras, a SavedModel (folder or .zip) or .tflite"
    if foreign:
        return f"{foreign[0]!r} is no Keras model; what is read here: {taken}"
    listed = ", ".join(names[:5]) or "nothing"
    return f"there is no model among the files ({listed}); what is read here: {taken}"
