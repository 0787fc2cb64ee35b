"""What a network applied to its logits: told by its description, or seen in its answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.scores import Activation

_SUM_TOLERANCE = 0.05
"""Scores of 8 bits add up to 1 no better than this."""

# Layers that change nothing in the values of an answer while a picture is classified.
_TRANSPARENT = frozenset({"Reshape", "Flatten", "Dropout", "Identity", "Permute", "Squeeze"})
_SIGMOIDS = frozenset({"sigmoid", "hard_sigmoid"})


def seen_in(outputs: NDArray[np.float32]) -> Activation:
    """What `(pictures, classes)` answers to different pictures look like.

    Scores and nothing else stay between 0 and 1 for all of them; whether those of one picture
    add up to 1 makes no difference to how they are served.
    """
    if outputs.min() < 0 or outputs.max() > 1 + 1e-6:
        return "none"
    sums_to_one = np.abs(outputs.sum(axis=1) - 1).max() < _SUM_TOLERANCE
    return "softmax" if sums_to_one else "sigmoid"


def random_pictures(count: int, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """`(count, height, width, channels)`, the same each time; the first is black."""
    pictures = np.random.default_rng(0).integers(0, 256, (count, *shape), np.uint8)
    pictures[0] = 0
    return pictures


def activation_in(folder: Path) -> Activation | None:
    """What the description of the Keras model in `folder` says of its end.

    None for a SavedModel, which has no layers. Raises `ModelError`.
    """
    from inference.keras_files.mending.models import canonical
    from inference.keras_files.source import files_in, open_source

    files = files_in(folder)
    if files.format not in ("json+h5", "h5", "keras"):
        return None
    with open_source(folder, files) as source:
        return _activation_of(canonical(source.config, keras_1=source.writer.line == 1))


def _activation_of(model: dict[str, object]) -> Activation:
    from inference.keras_files.graph import is_model, read_graph

    graph = read_graph(model)
    calls = {(call.name, call.node): call for call in graph.calls}
    at = graph.outputs[0][:2] if graph.outputs else None
    while at is not None and (call := calls.get(at)):
        kind = str(call.layer.get("class_name"))
        if is_model(call.layer):
            return _activation_of(call.layer)
        if kind not in _TRANSPARENT or not call.inputs:
            return "softmax" if kind == "Softmax" else _named(call.layer.get("config"))
        at = call.inputs[0][:2]
    return "none"


def _named(config: object) -> Activation:
    """The activation in the arguments of a layer: a name, or an object that wraps one."""
    value = config.get("activation") if isinstance(config, dict) else None
    if isinstance(value, dict):
        inner = value.get("config")
        value = inner if isinstance(inner, str) else str(value.get("class_name")).lower()
    if value == "softmax":
        return "softmax"
    return "sigmoid" if value in _SIGMOIDS else "none"
