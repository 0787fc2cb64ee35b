"""Shapes and parameters of a network, worked out from its description without building it.

A shape is without the batch; `None` in it is a size left open, and `None` in its place is a
shape that is not known. What is not known is not counted: this bounds what a description asks
for before Keras obeys, it is no second Keras.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

from inference.errors import HostileModel, UnreadableModel
from inference.keras_files.counting import parameters
from inference.keras_files.documents import Config
from inference.keras_files.graph import Call, Graph, Ref, is_model, name_of, read_graph
from inference.keras_files.limits import MAX_PARAMETERS, MAX_TENSOR_ELEMENTS
from inference.keras_files.rules import Shape, output_shape

MAX_NESTING = 20


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a network takes, gives and holds, as far as its description tells."""

    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    parameters: int


def estimate(model: Config, given: tuple[Shape, ...] = (), depth: int = 0) -> Estimate:
    """The shapes and the number of parameters of a model's description.

    `given` are the shapes of what it is called on, for a model inside another. Raises
    `HostileModel` when a tensor or the whole exceeds the limits.
    """
    if depth > MAX_NESTING:
        raise HostileModel(f"models are nested more than {MAX_NESTING} deep")
    graph = read_graph(model)
    walk = _Walk(graph, given, depth)
    counted: dict[str, int] = {}
    total = 0
    for call in graph.calls:
        try:
            count = walk.call(call)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, ZeroDivisionError):
            count = 0  # Keras will say what it does not understand
        total += max(0, count - counted.get(call.name, 0))
        counted[call.name] = max(count, counted.get(call.name, 0))
        if total > MAX_PARAMETERS:
            raise HostileModel(
                f"layer {name_of(call.layer)!r} brings the network to {total:,} parameters; at "
                f"most {MAX_PARAMETERS:,} are built"
            )
    inputs = tuple(walk.entries.get(ref.layer) for ref in graph.inputs)
    return Estimate(inputs, tuple(walk.known.get(ref) for ref in graph.outputs), total)


@dataclass
class _Walk:
    """The shapes that are known so far in one model: what came in, and what each call gave."""

    graph: Graph
    given: tuple[Shape, ...]
    depth: int
    known: dict[Ref, Shape] = field(default_factory=dict)
    entries: dict[str, Shape] = field(default_factory=dict)

    def call(self, call: Call) -> int:
        """Note what one call gives, and return how many parameters its layer has."""
        layer, name = call.layer, call.name
        shapes = tuple(self.known.get(ref) for ref in call.inputs) or (self._entry(call),)
        if is_model(layer):
            inner = estimate(layer, shapes, self.depth + 1)
            if not call.inputs:
                self.entries[name] = inner.inputs[0]
            for tensor, shape in enumerate(inner.outputs):
                self.known[Ref(name, call.node, tensor)] = _bounded(shape, name)
            return inner.parameters
        self.known[Ref(name, call.node, 0)] = _bounded(output_shape(layer, shapes), name)
        count = parameters(layer, shapes[0])
        built = build_shape(layer)
        return max(count, parameters(layer, built)) if built else count

    def _entry(self, call: Call) -> Shape:
        """The shape of what comes into the model here: as given, or as the layer says."""
        names = [ref.layer for ref in self.graph.inputs]
        place = names.index(call.name) if call.name in names else 0
        given = self.given[place] if place < len(self.given) else None
        self.entries[call.name] = given if given is not None else declared_shape(call.layer)
        return self.entries[call.name]


def declared_shape(layer: Config) -> Shape:
    """The input shape that a layer states itself, in any of the ways of Keras 1 to 3."""
    config = layer.get("config")
    if not isinstance(config, dict):
        return None
    for key in ("batch_shape", "batch_input_shape"):
        if isinstance(config.get(key), list):
            return _shape(config[key][1:])
    if isinstance(config.get("input_shape"), list):
        return _shape(config["input_shape"])
    return None


def build_shape(layer: Config) -> Shape:
    """The shape with which Keras 3 is told to build a layer, whatever it is called on."""
    build = layer.get("build_config")
    shape = build.get("input_shape") if isinstance(build, dict) else None
    if isinstance(shape, list) and all(size is None or isinstance(size, int) for size in shape):
        return _shape(shape[1:])
    return None


def _shape(sizes: list[Any]) -> Shape:
    if not all(size is None or (isinstance(size, int) and size >= 0) for size in sizes):
        raise UnreadableModel(f"the input shape {str(sizes)[:80]} is none")
    return _bounded(tuple(sizes), "input")


def _bounded(shape: Shape, name: str) -> Shape:
    if shape is not None:
        elements = prod(size for size in shape if size is not None)
        if elements > MAX_TENSOR_ELEMENTS:
            raise HostileModel(
                f"layer {name.partition('#')[0]!r} gives {elements:,} numbers for one picture "
                f"({list(shape)}); at most {MAX_TENSOR_ELEMENTS:,} are computed"
            )
    return shape
