"""Whether an architecture and weights can belong together, told before anything is built."""

from __future__ import annotations

from typing import Final

from inference.errors import UnreadableModel
from inference.keras_files.documents import Config
from inference.keras_files.graph import is_model, layers_of, name_of
from inference.keras_files.stored import Stored, Weights

_WIDTHS: Final = {"Dense": "units", "Conv1D": "filters", "Conv2D": "filters", "Conv3D": "filters"}


def check_together(model: Config, weights: Weights, what: str) -> None:
    """Compare the width of each layer with that of the weights of its name.

    A writer that replaces the files of a model one after the other leaves a mixed pair behind
    for a while; most such pairs differ in the width of some layer, the last one above all.
    Raises `UnreadableModel`.
    """
    stored = {each.name: each for each in weights.layers if each.name}
    for layer in layers_of(model):
        name, kind = name_of(layer), str(layer.get("class_name"))
        if is_model(layer) or kind not in _WIDTHS or name not in stored:
            continue
        width = layer["config"].get(_WIDTHS[kind])
        found = _widths(stored[name])
        if isinstance(width, int) and found and width not in found:
            raise UnreadableModel(
                f"layer {name!r} gives {width} numbers in the architecture and "
                f"{found[-1]} in {what}: they do not belong together"
            )


def _widths(stored: Stored) -> tuple[int, ...]:
    """Where the width of a Dense or convolution may stand: Keras 1 put it first."""
    if not stored.shapes or len(stored.shapes[0]) < 2:
        return ()
    return (stored.shapes[0][0], stored.shapes[0][-1])
