"""A description by Keras 0, which came before version 1, in the words of Keras 1.

The arguments of a layer stood beside its class: `{"name": "Dense", "custom_name": "dense",
"output_dim": 10, …}`. Layers had no names of their own in files, so each is called after the group
in which Keras 0 stored its weights: `layer_3`. Source: `keras/models.py` and `keras/layers` of
Keras 0.1 to 0.3.
"""

from __future__ import annotations

import re
from typing import Final

from inference.keras_files.documents import Config
from inference.keras_files.mending.orderings import with_orderings
from inference.keras_files.words import words

_DROPPED: Final = words("custom_name ignore_border input_shape name stack_size truncate_gradient")
# None of them said whether channels come first before version 0.3, when all ran on Theano.
_OF_PICTURES: Final = re.compile(r".*[23]D")


def is_keras_0(config: Config) -> bool:
    """Whether this is a Sequential whose layers are named like their classes."""
    layers = config.get("layers")
    return (
        "class_name" not in config
        and isinstance(layers, list)
        and bool(layers)
        and all(isinstance(each, dict) and "class_name" not in each for each in layers)
        and all(isinstance(each.get("name"), str) for each in layers)
    )


def is_graph(config: Config) -> bool:
    """Whether this is a Graph, which no Keras after 1 knows."""
    return "class_name" not in config and {"input_config", "node_config"} <= config.keys()


def as_keras_1(config: Config) -> Config:
    """The Sequential as Keras 1 would have described it; how it was trained is left out."""
    layers = [_layer(layer, place) for place, layer in enumerate(config["layers"])]
    model = {"class_name": "Sequential", "config": layers, "keras_version": "0"}
    return with_orderings(model, otherwise="th", silent=_OF_PICTURES)


def _layer(layer: Config, place: int) -> Config:
    kind, name = layer["name"], f"layer_{place}"
    if kind == "Sequential":
        return {**as_keras_1(layer), "name": name}
    config = {key: value for key, value in layer.items() if key not in _DROPPED}
    config["name"] = name
    shape = layer.get("input_shape")
    if kind == "Embedding":  # whose input_shape was the number of words
        shape = [layer.get("input_length")]
    if isinstance(shape, list):
        config["batch_input_shape"] = [None, *shape]
    if kind == "Reshape" and "dims" in config:
        config["target_shape"] = config.pop("dims")
    if "poolsize" in config:
        config["pool_size"] = config.pop("poolsize")
    if kind == "Merge":
        config["layers"] = [
            as_keras_1(branch) if is_keras_0(branch) else branch
            for branch in layer.get("layers", [])
        ]
    return {"class_name": kind, "config": config}
