"""The weights in an HDF5 file: which layer, which arrays, of which shapes.

What `listing.py` finds there, whichever Keras wrote it; no value is read.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Literal

Style = Literal["listed", "nested"]

_OUTPUT_OF_TENSORFLOW = re.compile(r":\d+$")


@dataclass(frozen=True, slots=True)
class Stored:
    """The weights of one layer: their names, and the datasets where they lie, in the same order.

    `alias` is the layer's place in the nested form, which is a class and a number and no name:
    `layers/conv2d_9` is the tenth convolution, whatever it is called.
    """

    name: str
    weights: tuple[str, ...]
    paths: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    alias: str = ""

    @property
    def label(self) -> str:
        """What to call it in a message."""
        return self.name or self.alias

    def split(self, names: Container[str] = ()) -> tuple[Stored, ...]:
        """The layers of a nested model, told apart by the scopes of their weights.

        A scope that is among the `names` of layers is that layer with all that is in it: a
        Bidirectional holds two, and some names have a `/` themselves. Any other layer is what
        stands before the last `/`.
        """
        parts: dict[tuple[str, str], list[int]] = {}
        for place, weight in enumerate(self.weights):
            parts.setdefault(_scope(weight, names), []).append(place)
        return tuple(
            Stored(
                name,
                tuple(self.weights[place] for place in places),
                tuple(self.paths[place] for place in places),
                tuple(self.shapes[place] for place in places),
            )
            for (_, name), places in parts.items()
        )


def _scope(weight: str, names: Container[str]) -> tuple[str, str]:
    """The outermost scope of `weight` that is a layer of these names, in full and its name."""
    scopes = weight.split("/")[:-1]
    for start in range(len(scopes)):
        for end in range(len(scopes), start, -1):
            name = "/".join(scopes[start:end])
            if name in names:
                return "/".join(scopes[:end]), name
    return "/".join(scopes), scopes[-1] if scopes else ""


@dataclass(frozen=True, slots=True)
class Weights:
    """All layers with weights in a file, in the file's order, and who wrote them."""

    style: Style
    layers: tuple[Stored, ...]
    keras: str | None
    backend: str | None
    nested_in: str = ""
    """The group in which they lie deeper than Keras puts them."""

    @property
    def named_by(self) -> str | None:
        """The backend whose names they bear, where Keras itself gave them none.

        TensorFlow calls a variable `dense_1_W:0`, Theano `dense_1_W`.
        """
        names = [name for layer in self.layers for name in layer.weights]
        if any(_OUTPUT_OF_TENSORFLOW.search(name) for name in names):
            return "tensorflow"
        return None if any(name.startswith("param_") for name in names) else "theano"
