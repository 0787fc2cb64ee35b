"""A Sequential described as the functional model that it is."""

from __future__ import annotations

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
