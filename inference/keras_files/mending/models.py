"""Whole models in the one form of later Keras: lists, branches and merges of older ones.

The result is always `{"class_name": "Sequential" | "Functional", "config": {"name", "layers", …}}`,
with the same inside nested models.
"""

from __future__ import annotations

from typing import Any

from inference.errors import UnreadableModel
from inference.keras_files.documents import Config
from inference.keras_files.graph import is_model, layers_of, name_of
from inference.keras_files.mending.keras1 import merge_layer, translate_layer
from inference.keras_files.mending.orderings import with_orderings

_WRAPPED = ("layer", "backward_layer", "forward_layer", "cell")


def canonical(model: Config, *, keras_1: bool) -> Config:
    """The model with dictionaries for lists, and in Keras 2's words when `keras_1`.

    Raises `UnreadableModel` for a layer that later versions cannot express.
    """
    return _canonical(with_orderings(model) if keras_1 else model, keras_1)


def _canonical(model: Config, keras_1: bool) -> Config:
    layers = layers_of(model)
    if model.get("class_name") == "Sequential":
        return _sequential(model, layers, keras_1)
    config = dict(model["config"])
    config["layers"] = [_layer(layer, keras_1) for layer in layers]
    for end in ("input_layers", "output_layers"):
        config.setdefault(end, [])
    return {**model, "class_name": "Functional", "config": config}


def _sequential(model: Config, layers: list[Config], keras_1: bool) -> Config:
    config = model["config"]
    name = config.get("name") if isinstance(config, dict) else None
    name = str(name or model.get("name") or "sequential_1")
    if layers and layers[0].get("class_name") == "Merge":
        return _branches(name, layers, keras_1)
    rest = (
        {key: value for key, value in config.items() if key != "layers"}
        if name and isinstance(config, dict)
        else {}
    )
    layers = _told_its_shape(layers, rest.get("build_input_shape"))
    new = [_layer(_marked_first(layer, number), keras_1) for number, layer in enumerate(layers)]
    return {**model, "config": {**rest, "name": name, "layers": _distinct(new)}}


def _told_its_shape(layers: list[Config], shape: Any) -> list[Config]:
    """The first layer with the shape that it was built for, if nothing else says it."""
    if not isinstance(shape, list) or not layers or not isinstance(layers[0].get("config"), dict):
        return layers
    first, *others = layers
    config = first["config"]
    if is_model(first) or {"batch_input_shape", "batch_shape"} & config.keys():
        return layers
    return [{**first, "config": {**config, "batch_input_shape": shape}}, *others]


def _marked_first(layer: Config, number: int) -> Config:
    """The first layer says the input's shape; Keras 1 let it say so as `input_dim`."""
    if number or not isinstance(layer.get("config"), dict):
        return layer
    return {**layer, "config": {**layer["config"], "_first": True}}


def _layer(layer: Config, keras_1: bool) -> Config:
    """One layer, whatever is inside it included."""
    if is_model(layer):
        return {**layer, **_canonical(layer, keras_1)}
    config = layer.get("config")
    if not isinstance(config, dict):
        raise UnreadableModel(f"layer {name_of(layer)!r} has no arguments")
    config = dict(config)
    for key in _WRAPPED:
        if isinstance(config.get(key), dict) and "class_name" in config[key]:
            config[key] = _layer(config[key], keras_1)
    name = str(layer.get("class_name"))
    if name == "Merge":
        name, config = merge_layer(config)
    elif keras_1:
        if name == "TimeDistributedDense":
            name, config = _dense_over_time(config)
        else:
            name, config = translate_layer(name, config)
    config.pop("_first", None)
    return {**layer, "class_name": name, "config": config}


def _dense_over_time(config: Config) -> tuple[str, Config]:
    """A Dense works on the last axis anyway."""
    return translate_layer("Dense", config)


def _distinct(layers: list[Config]) -> list[Config]:
    """Layers whose names are all different, as later versions insist."""
    seen: set[str] = set()
    result = []
    for layer in layers:
        name = unused = name_of(layer)
        number = 1
        while unused in seen:
            number += 1
            unused = f"{name}_again_{number}"
        seen.add(unused)
        changed = {**layer["config"], "name": unused}
        result.append({**layer, "config": changed} if unused != name else layer)
    return result


def _branches(name: str, layers: list[Config], keras_1: bool) -> Config:
    """A Sequential that starts by merging others, as a functional model.

    Keras 1 had no other way to give a Sequential two inputs. Each branch becomes a nested model
    with an input of its own.
    """
    merge = layers[0]
    branches = [_layer(branch, keras_1) for branch in merge["config"].get("layers", [])]
    if not branches or not all(is_model(branch) for branch in branches):
        raise UnreadableModel(f"layer {name_of(merge)!r} merges something that is no model")
    new: list[Config] = []
    ends: list[list[Any]] = []
    for number, branch in enumerate(branches):
        branch_name = f"{name_of(branch)}_branch_{number}"
        entry = f"{branch_name}_input"
        new.append(_input(entry, branch))
        renamed = {**branch["config"], "name": branch_name}
        new.append(_called({**branch, "name": branch_name, "config": renamed}, [[entry, 0, 0, {}]]))
        ends.append([branch_name, 1, 0, {}])  # call 0 is the one that made the branch
    for layer in layers:
        made = _layer(layer, keras_1)
        new.append(_called({**made, "name": name_of(made)}, ends))
        ends = [[name_of(made), 0, 0, {}]]
    inputs = [[layer["name"], 0, 0] for layer in new if layer["class_name"] == "InputLayer"]
    outputs = [ends[0][:3]]
    config = {"name": name, "layers": new, "input_layers": inputs, "output_layers": outputs}
    return {"class_name": "Functional", "config": config}


def _called(layer: Config, inputs: list[list[Any]]) -> Config:
    return {**layer, "inbound_nodes": [inputs]}


def _input(name: str, branch: Config) -> Config:
    """An input of the shape that the branch's first layer states."""
    first = layers_of(branch)[0]
    shape = first["config"].get("batch_input_shape") if isinstance(first["config"], dict) else None
    if shape is None:
        raise UnreadableModel(f"the branch {name_of(branch)!r} does not state its input's shape")
    config = {"name": name, "batch_input_shape": shape, "dtype": "float32", "sparse": False}
    return {"class_name": "InputLayer", "name": name, "config": config, "inbound_nodes": []}
