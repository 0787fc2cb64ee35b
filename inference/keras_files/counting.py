"""How many numbers each of Keras's layers learns, from its description and its input's shape."""

from __future__ import annotations

import re
from math import prod
from typing import Final

from inference.keras_files.documents import Config
from inference.keras_files.rules import GATES, Shape, channels_of, convolved, many

_OF_EVERY_NUMBER: Final = {"PReLU": 1, "ParametricSoftplus": 2, "SReLU": 4}


def parameters(layer: Config, shape: Shape) -> int:
    """How many numbers the layer learns when it is called on `shape`."""
    name, config = str(layer.get("class_name")), layer.get("config") or {}
    if name in ("Bidirectional", "TimeDistributed"):
        inner = shape[1:] if name == "TimeDistributed" and shape else shape
        return (2 if name == "Bidirectional" else 1) * parameters(config["layer"], inner)
    if name == "Embedding":
        return int(config["input_dim"]) * int(config["output_dim"])
    channels = channels_of(config, shape) or 1
    if name == "Dense":
        return channels * int(config["units"])
    if name == "MaxoutDense":
        return channels * int(config["units"]) * int(config["nb_feature"])
    if name == "Highway":
        return 2 * channels * channels
    if name in GATES:
        units = int(config["units"])
        return GATES[name] * units * (channels + units)
    if name == "MultiHeadAttention":
        return 4 * channels * int(config["num_heads"]) * int(config["key_dim"])
    if name in _OF_EVERY_NUMBER:
        return _OF_EVERY_NUMBER[name] * prod(size or 1 for size in shape or ())
    return _convolution(name, config, channels, shape)


def _convolution(name: str, config: Config, channels: int, shape: Shape) -> int:
    kernel = prod(many(config.get("kernel_size"), _places(name)))
    filters, multiplier = int(config.get("filters") or 0), int(config.get("depth_multiplier") or 1)
    if name.startswith("DepthwiseConv"):
        return kernel * channels * multiplier
    if name.startswith("SeparableConv"):
        return channels * multiplier * (kernel + filters)
    if name.startswith("ConvLSTM"):
        return 4 * kernel * filters * (channels + filters)
    if name.startswith("LocallyConnected"):
        return kernel * channels * prod(size or 1 for size in convolved(name, config, shape) or ())
    if name.startswith("Conv"):
        return kernel * channels * filters // int(config.get("groups") or 1)
    return 4 * channels if "Normalization" in name else 0


def _places(name: str) -> int:
    """In how many directions a layer slides: `Conv2D` in 2."""
    found = re.search(r"([123])D", name)
    return int(found.group(1)) if found else 1
