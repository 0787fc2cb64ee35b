"""The two sides of a network, as its plain files tell them: a picture in, classes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from inference.endings import activation_in, random_pictures, seen_in
from inference.errors import ModelError, ModelIncomplete
from inference.keras_files import inspect
from inference.loaders import Runtime
from inference.recipe import Recipe
from inference.scores import Activation
from inference.tensors import TensorTable

Shape = tuple[int, int, int]

_PROBES = 8


@dataclass(frozen=True, slots=True)
class Sides:
    """What a model's files say of its two sides: `(height, width, channels)` in, classes out."""

    shape: Shape
    dtype: str
    classes: int
    activation: Activation


def litert_sides(model: bytes, recipe: Recipe) -> Sides:
    """The sides of a LiteRT model, and what its answers to random pictures look like."""
    from inference.loaders.litert import LiteRTRuntime, make_interpreter

    try:
        interpreter = make_interpreter(model)
    except (ValueError, RuntimeError) as exc:
        raise ModelIncomplete(f"LiteRT cannot load the model: {exc}") from exc
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelIncomplete("a classifier has one input and one output; this model has more")
    shape = _picture(inputs[0]["shape"].tolist()[1:])
    activation = _seen_in(LiteRTRuntime(model, interpreter), shape, recipe)
    dtype = np.dtype(inputs[0]["dtype"]).name
    return Sides(shape, dtype, outputs[0]["shape"].tolist()[-1], activation)


def keras_sides(content: Mapping[str, bytes], recipe: Recipe) -> Sides:
    """The sides of a Keras model, checked without TensorFlow as far as its files tell."""
    with TemporaryDirectory(prefix="microlens-") as place:
        folder = Path(place)
        for name, data in content.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        try:
            found = inspect(folder)
            shape = _picture(found.input_shape)
            activation = activation_in(folder) or _activation_of_graph(folder, shape, recipe)
        except ModuleNotFoundError as exc:
            raise ModelError(
                "Keras files are served by TensorFlow, which is not installed here: publish the "
                "model (`microlens publish`), or bring TensorFlow here: make install-tensorflow"
            ) from exc
    if found.output_width is None:
        raise ModelIncomplete(
            "the files do not say how many classes the model has: publish it "
            "(`microlens publish`), which finds out"
        )
    return Sides(shape, "float32", found.output_width, activation)


def _activation_of_graph(folder: Path, shape: Shape, recipe: Recipe) -> Activation:
    """What a SavedModel answers to random pictures: it has no layers that could say it."""
    from inference.keras_files import load
    from inference.loaders.tensorflow import TensorFlowRuntime

    return _seen_in(TensorFlowRuntime(load(folder).model, shape), shape, recipe)


def _seen_in(runtime: Runtime, shape: Shape, recipe: Recipe) -> Activation:
    check_channels(shape, recipe)
    table = TensorTable(recipe, runtime.input_type)
    pictures = random_pictures(_PROBES, shape)
    return seen_in(np.stack([runtime.run(table.tensor(picture)) for picture in pictures]))


def _picture(shape: Sequence[int | None] | None) -> Shape:
    """The shape of a picture of a fixed size."""
    match shape:
        case [int(height), int(width), int(channels)]:
            return height, width, channels
    raise ModelIncomplete(
        f"the model takes {list(shape) if shape else 'something'} and no picture of a fixed "
        "size: publish it (`microlens publish`)"
    )


def check_channels(shape: Shape, recipe: Recipe) -> None:
    """`ModelIncomplete` unless the recipe makes pictures of as many channels as `shape` has."""
    if shape[2] != recipe.channels:
        raise ModelIncomplete(
            f"the model takes pictures of {shape[2]} channels and the recipe makes "
            f"{recipe.channels}: they do not belong together"
        )
