"""A model's description as a graph: which layer is called on which tensors.

Keras has written this in four dialects; here all of them are read into the same `Call`s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from inference.errors import UnreadableModel
from inference.keras_files.classes import MODELS
from inference.keras_files.documents import Config


class Ref(NamedTuple):
    """One tensor: what call number `node` of `layer` gave at place `tensor`."""

    layer: str
    node: int
    tensor: int


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a layer."""

    layer: Config
    name: str
    node: int
    inputs: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Calls in an order in which each comes after those that it needs."""

    calls: tuple[Call, ...]
    inputs: tuple[Ref, ...]
    outputs: tuple[Ref, ...]


def is_model(part: Config) -> bool:
    """Whether a layer is itself a model."""
    return part.get("class_name") in MODELS and isinstance(part.get("config"), dict | list)


def layers_of(model: Config) -> list[Config]:
    """The layers in a model's description, in the order of the file, list-style ones included."""
    config = model.get("config")
    layers = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise UnreadableModel(f"the {model.get('class_name')} has no list of layers")
    return layers


def name_of(layer: Config) -> str:
    """The name of a layer within its model."""
    config = layer.get("config")
    inner = config.get("name") if isinstance(config, dict) else None
    return str(layer.get("name") or inner or layer.get("class_name"))


def read_graph(model: Config) -> Graph:
    """The graph of a Sequential or functional model; `UnreadableModel` when it is none."""
    if model.get("class_name") == "Sequential":
        return _chain(layers_of(model))
    layers = {name_of(layer): layer for layer in layers_of(model)}
    first = _first_calls(model["config"], layers)
    calls = [
        Call(layer, name, number + first[name], tuple(refs(node, layers.keys())))
        for name, layer in layers.items()
        for number, node in enumerate(layer.get("inbound_nodes") or [[]])
    ]
    config = model["config"]
    return Graph(
        tuple(_ordered(calls)),
        tuple(refs(config.get("input_layers"), layers.keys())),
        tuple(refs(config.get("output_layers"), layers.keys())),
    )


def _first_calls(config: Config, layers: dict[str, Config]) -> dict[str, int]:
    """The number of each layer's first call, as the others refer to it.

    Keras 1 and 2 count the call that made a model as its number 0; Keras 3 does not, and Keras 2
    does not either for a Sequential that had no shape yet.
    """
    models = {name for name, layer in layers.items() if is_model(layer)}
    lowest: dict[str, int] = {}
    if models:
        nodes = [layer.get("inbound_nodes") for layer in layers.values()]
        for ref in refs([*nodes, config.get("output_layers")], models):
            lowest[ref.layer] = min(ref.node, lowest.get(ref.layer, ref.node))
    return {name: min(lowest.get(name, 0), 1) for name in layers}


def refs(value: Any, names: Any) -> Iterator[Ref]:
    """Every reference to a tensor in `value`, in order: `[name, 0, 0]` or a Keras 3 history."""
    if isinstance(value, dict):
        history = value.get("keras_history")
        if history is not None:
            yield from refs(history, names)
            return
        for inner in value.values():
            yield from refs(inner, names)
    elif isinstance(value, list):
        if _is_ref(value, names):
            yield Ref(*value[:3])
            yield from refs(value[3:], names)
        else:
            for inner in value:
                yield from refs(inner, names)


def _is_ref(value: list[Any], names: Any) -> bool:
    return (
        len(value) in (3, 4)
        and isinstance(value[0], str)
        and value[0] in names
        and all(isinstance(index, int) for index in value[1:3])
    )


def _chain(layers: list[Config]) -> Graph:
    calls: list[Call] = []
    for number, layer in enumerate(layers):
        inputs = (Ref(calls[-1].name, 0, 0),) if calls else ()
        calls.append(Call(layer, f"{name_of(layer)}#{number}", 0, inputs))
    ends = (Ref(calls[-1].name, 0, 0),) if calls else ()
    return Graph(tuple(calls), (Ref(calls[0].name, 0, 0),) if calls else (), ends)


def _ordered(calls: list[Call]) -> list[Call]:
    """Calls after what they need; those that need something that is not there are left out."""
    known = {(call.name, call.node) for call in calls}
    needs = {
        (call.name, call.node): {ref[:2] for ref in call.inputs if ref[:2] in known}
        for call in calls
    }
    users: dict[tuple[str, int], list[Call]] = {}
    for call in calls:
        for need in needs[call.name, call.node]:
            users.setdefault(need, []).append(call)
    ready = [call for call in reversed(calls) if not needs[call.name, call.node]]
    ordered: list[Call] = []
    while ready:
        call = ready.pop()
        ordered.append(call)
        for user in users.get((call.name, call.node), []):
            left = needs[user.name, user.node]
            left.discard((call.name, call.node))
            if not left:
                ready.append(user)
    return ordered
