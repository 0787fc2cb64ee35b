"""The layers of a SavedModel's graph that scale pixels, told by its operations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from inference.keras_files.protobuf import Message, fields, first, text

_MOST_CHARACTERS = 80
_MOST_LAYERS = 10


def scaling_layers(function: Message) -> tuple[str, ...]:
    """Rescaling and Normalization in one `FunctionDef`, as `'name' (Class)`; the first ten.

    Either Keras writes `x * scale + offset` and `(x - mean) / maximum(std, ε)` as operations
    below the layer's name, whatever that is: `net/rescaling/mul` takes `net/rescaling/Cast/x`.
    """
    scaled = set(_layers(function, "mul", "Cast/x:output:0"))
    shifted = _layers(function, "add", "Cast_1/x:output:0")
    rescaling = (f"{_shown(layer)} (Rescaling)" for layer in shifted if layer in scaled)
    divided = _layers(function, "truediv", "Maximum:z:0")
    normalising = (f"{_shown(layer)} (Normalization)" for layer in divided)
    return tuple(islice(chain(rescaling, normalising), _MOST_LAYERS))


def _layers(function: Message, operation: str, second: str) -> Iterator[str]:
    """The layers whose `operation` has `second`, of the same layer, as its second input."""
    for node in fields(function, 3):
        layer, _, last = first(node, 1).rpartition("/")
        if layer and last == operation:
            taken = next(islice(fields(node, 3), 1, None), None)
            if taken is not None and text(taken) == f"{layer}/{second}":
                yield layer


def _shown(layer: str) -> str:
    return repr(layer.rpartition("/")[2][:_MOST_CHARACTERS])
