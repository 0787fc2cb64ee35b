"""Whether an architecture and weights can belong together, told before anything is built."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    Layers that bear other numbers, because another session made them, are no such pair.
    Raises `UnreadableModel`.
    """
    stored = {each.name: each for each in weights.layers if each.name}
    wanted = tuple(_wanted(model))
    for name, width in wanted:
        found = _widths(stored[name]) if name in stored else ()
        if found and width not in found and not _in_order(wanted, weights.layers):
            raise UnreadableModel(
                f"layer {name!r} gives {width} numbers in the architecture and "
                f"{found[-1]} in {what}: they do not belong together"
            )


def _wanted(model: Config) -> Iterator[tuple[str, int]]:
    """The layers that say how wide they are: name and width."""
    for layer in layers_of(model):
        kind = str(layer.get("class_name"))
        width = None if is_model(layer) else layer["config"].get(_WIDTHS.get(kind, ""))
        if isinstance(width, int):
            yield name_of(layer), width


def _in_order(wanted: Sequence[tuple[str, int]], stored: Sequence[Stored]) -> bool:
    """Whether the same widths follow each other among the weights, whatever the names."""
    rest = iter(stored)
    return all(any(width in _widths(each) for each in rest) for _, width in wanted)


def _widths(stored: Stored) -> tuple[int, ...]:
    """Where the width of a Dense or convolution may stand: Keras 1 put it first."""
    if not stored.shapes or len(stored.shapes[0]) < 2:
        return ()
    return (stored.shapes[0][0], stored.shapes[0][-1])
