"""A Sequential as the functional model that it is, and layers put before others in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inference.errors import UnreadableModel
from inference.keras_files.documents import Config
from inference.keras_files.graph import is_model, layers_of, name_of


def as_functional(model: Config) -> Config:
    """A Sequential as the functional model that it is; any other as it is."""
    if model["class_name"] != "Sequential":
        return model
    layers = [dict(layer) for layer in layers_of(model)]
    if not layers:
        raise UnreadableModel("the Sequential has no layers")
    if layers[0]["class_name"] != "InputLayer":
        layers.insert(0, _input_of(layers[0]))
    previous: list[list[Any]] = []
    for layer in layers:
        layer["name"] = name_of(layer)
        layer["inbound_nodes"] = [previous] if previous else []
        previous = [[layer["name"], int(is_model(layer)), 0, {}]]
    config = {
        "name": model["config"]["name"],
        "layers": layers,
        "input_layers": [[layers[0]["name"], 0, 0]],
        "output_layers": [[layers[-1]["name"], 0, 0]],
    }
    return {"class_name": "Functional", "config": config}


Pads = list[list[int]]
"""How far something reaches out of a tensor, before and after, at each place."""


def preceded(
    model: Config,
    need: Callable[[Config], Pads],
    split: Callable[[Config, Pads], tuple[Config, Config]],
) -> tuple[Config, tuple[str, ...]]:
    """The canonical model in which each layer with a need is called on a layer made for it.

    `need` is empty for a layer that stays as it is; `split` gives the new layer and, called on it,
    the old one. The names are those of the layers that needed it, inside nested models too.
    """
    names: list[str] = []
    inner = {}
    for layer in filter(is_model, layers_of(model)):
        inner[name_of(layer)], more = preceded(layer, need, split)
        names += more
    found = {name_of(layer): pads for layer in layers_of(model) if (pads := need(layer))}
    if found:
        model = as_functional(model)
    layers: list[Config] = []
    for layer in layers_of(model):
        name = name_of(layer)
        if name in found:
            layers += split(layer, found[name])
        else:
            nested = inner.get(name, layer)
            layers.append({**layer, "class_name": nested["class_name"], "config": nested["config"]})
    return {**model, "config": {**model["config"], "layers": layers}}, (*names, *found)


def behind(layer: Config, before: str) -> Config:
    """A layer that padded by itself, called as often as ever on what the layer `before` gave."""
    config = {key: value for key, value in layer["config"].items() if key != "batch_input_shape"}
    calls = [[[before, call, 0, {}]] for call in range(len(layer["inbound_nodes"]))]
    return {**layer, "config": {**config, "padding": "valid"}, "inbound_nodes": calls}


def _input_of(first: Config) -> Config:
    """The input that a Sequential's first layer describes."""
    inner = first
    while is_model(inner):
        inner = layers_of(inner)[0]
    shape = inner["config"].get("batch_input_shape")
    if shape is None:
        raise UnreadableModel(
            f"layer {name_of(first)!r} does not say the shape of its input; save the model after "
            "it was built"
        )
    name = f"{name_of(first)}_input"
    return {"class_name": "InputLayer", "config": {"name": name, "batch_input_shape": shape}}
