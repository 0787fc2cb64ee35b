"""Weights from a file into the layers of a model that was built, each checked by its shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from inference.errors import UnreadableModel
from inference.keras_files.hdf5 import Hdf5
from inference.keras_files.kernels import Array
from inference.keras_files.matching import Holder, match
from inference.keras_files.stored import Stored, Weights

Convert = Callable[[Any, list[Array]], list[Array]]
"""What makes arrays of a file into arrays for a layer: `(layer, arrays) -> arrays`."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A layer with weights that is no model itself, and where Keras 3 would store it."""

    layer: Any
    path: str

    @property
    def variables(self) -> list[Any]:
        """Its weights in the order in which Keras writes them."""
        return list(self.layer.trainable_weights) + list(self.layer.non_trainable_weights)

    def holder(self) -> Holder:
        """The layer as the matching sees it."""
        sizes = tuple(prod(variable.shape) for variable in self.variables)
        return Holder(str(self.layer.name), sizes, self.path)


def assign(model: Any, weights: Weights, file: Hdf5, convert: Convert) -> str | None:
    """Give every layer of `model` its weights; how they were found in words, if not by name.

    Raises `UnreadableModel` when they do not fit, or not in one way only.
    """
    leaves = tuple(leaves_of(model))
    stored = weights.layers
    if weights.style == "listed":
        stored = _at_the_same_depth(leaves, stored, model)
    pairs, words = match(
        [leaf.holder() for leaf in leaves],
        [Holder(each.name, tuple(map(prod, each.shapes)), each.alias) for each in stored],
    )
    for leaf, place in zip(leaves, pairs, strict=True):
        _assign_one(leaf, stored[place], file, convert)
    return words


def leaves_of(model: Any, path: str = "") -> Iterator[Leaf]:
    """All layers with weights, those of nested models included, each once and in order."""
    seen: set[int] = set()
    for leaf in _walk(model, path):
        if id(leaf.layer) not in seen and leaf.variables:
            seen.add(id(leaf.layer))
            yield leaf


def _walk(model: Any, path: str) -> Iterator[Leaf]:
    used: dict[str, int] = {}
    for layer in model.layers:
        word = _snake_case(type(layer).__name__)
        used[word] = used.get(word, -1) + 1
        place = f"{path}layers/{word}" + (f"_{used[word]}" if used[word] else "")
        if hasattr(layer, "layers") and hasattr(layer, "inputs"):
            yield from _walk(layer, f"{place}/")
        else:
            yield Leaf(layer, place)


def _at_the_same_depth(
    leaves: Sequence[Leaf], stored: Sequence[Stored], model: Any
) -> tuple[Stored, ...]:
    """The stored layers with nested models taken apart, where the architecture has them so."""
    names = {str(leaf.layer.name) for leaf in leaves}
    models = {str(layer.name) for layer in model.layers if hasattr(layer, "layers")}
    result: list[Stored] = []
    for each in stored:
        nested = each.name in models or (each.name not in names and len(stored) < len(leaves))
        result.extend(each.split(names) if nested else (each,))
    return tuple(result)


def _assign_one(leaf: Leaf, stored: Stored, file: Hdf5, convert: Convert) -> None:
    variables = leaf.variables
    arrays = convert(leaf.layer, [file.read(path) for path in stored.paths])
    found = [tuple(array.shape) for array in arrays]
    needed = [tuple(variable.shape) for variable in variables]
    if found != needed:
        raise UnreadableModel(
            f"layer {leaf.layer.name!r} ({type(leaf.layer).__name__}) needs weights of the shapes "
            f"{needed}, and {stored.label!r} in {file.what} has {found}: architecture and weights "
            "do not belong together"
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    finalize = getattr(leaf.layer, "finalize_state", None)
    if finalize is not None:  # a Normalization works with what it makes of its weights here
        finalize()


def _snake_case(name: str) -> str:
    """How Keras 3 spells a class in a path: `Conv2DTranspose` is `conv2d_transpose`."""
    words = re.sub(r"\W+", "", name)
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", words)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
