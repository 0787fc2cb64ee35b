"""`same` as Theano padded: half a kernel at both ends, where TensorFlow pads no more than needed.

Both agree for odd kernels and strides of 1. Elsewhere a layer of zeros is put before the
convolution, which then pads nothing itself.
"""

from __future__ import annotations

from typing import Any, Final

from inference.keras_files.documents import Config
from inference.keras_files.graph import name_of
from inference.keras_files.mending.functional import Pads, behind, preceded
from inference.keras_files.rules import many

_PLACES: Final = {"Conv1D": 1, "Conv2D": 2}


def padded_by_theano(model: Config) -> tuple[Config, tuple[str, ...]]:
    """The canonical model with Theano's padding, and the names of the layers that needed it."""
    return preceded(model, _pads, _behind_zeros)


def _pads(layer: Config) -> Pads:
    """Zeros before and after, for each place; none where both ways of padding are one."""
    places = _PLACES.get(str(layer.get("class_name")), 0)
    config = layer["config"]
    if not places or config.get("padding") != "same":
        return []
    kernel, dilation, strides = (
        many(config.get(key), places) for key in ("kernel_size", "dilation_rate", "strides")
    )
    reaches = [by * (size - 1) + 1 for size, by in zip(kernel, dilation, strict=True)]
    if all(reach % 2 for reach in reaches) and set(strides) == {1}:
        return []
    return [[reach // 2, (reach - 1) // 2] for reach in reaches]


def _behind_zeros(layer: Config, pads: Pads) -> tuple[Config, Config]:
    """The layer of zeros, called on whatever `layer` was called on, and the layer called on it."""
    name = f"{name_of(layer)}_zeros"
    config: dict[str, Any] = {"name": name, "padding": pads if len(pads) > 1 else pads[0]}
    if len(pads) > 1:
        config["data_format"] = layer["config"].get("data_format", "channels_last")
    calls = layer["inbound_nodes"]
    kind = f"ZeroPadding{len(pads)}D"
    zeros = {"class_name": kind, "name": name, "config": config, "inbound_nodes": calls}
    return zeros, behind(layer, name)
