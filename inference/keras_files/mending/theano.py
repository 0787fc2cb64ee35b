"""`same` as Theano padded: half a kernel at both ends, where TensorFlow pads no more than needed.

Both agree for odd kernels and strides of 1. Elsewhere a layer of zeros is put before the
convolution, which then pads nothing itself.
"""

from __future__ import annotations

from typing import Any, Final

from inference.keras_files.documents import Config
from inference.keras_files.graph import is_model, layers_of, name_of
from inference.keras_files.mending.functional import as_functional
from inference.keras_files.rules import many

_PLACES: Final = {"Conv1D": 1, "Conv2D": 2}


def padded_by_theano(model: Config) -> tuple[Config, tuple[str, ...]]:
    """The canonical model with Theano's padding, and the names of the layers that needed it."""
    words: list[str] = []
    return _padded(model, words), tuple(words)


def _padded(model: Config, names: list[str]) -> Config:
    inner = {name_of(layer): _padded(layer, names) for layer in layers_of(model) if is_model(layer)}
    found = {name_of(layer): pads for layer in layers_of(model) if (pads := _pads(layer))}
    if found:
        model = as_functional(model)
        names += found
    layers: list[Config] = []
    for layer in layers_of(model):
        name = name_of(layer)
        if name in found:
            layers.append(_zeros(layer, found[name]))
            layer = _behind(layer, str(layers[-1]["name"]))  # noqa: PLW2901 - the same, called later
        nested = inner.get(name, layer)
        layers.append({**layer, "class_name": nested["class_name"], "config": nested["config"]})
    return {**model, "config": {**model["config"], "layers": layers}}


def _pads(layer: Config) -> list[list[int]]:
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


def _zeros(layer: Config, pads: list[list[int]]) -> Config:
    """The layer of zeros, called on whatever `layer` was called on."""
    name = f"{name_of(layer)}_zeros"
    config: dict[str, Any] = {"name": name, "padding": pads if len(pads) > 1 else pads[0]}
    if len(pads) > 1:
        config["data_format"] = layer["config"].get("data_format", "channels_last")
    calls = layer["inbound_nodes"]
    kind = f"ZeroPadding{len(pads)}D"
    return {"class_name": kind, "name": name, "config": config, "inbound_nodes": calls}


def _behind(layer: Config, zeros: str) -> Config:
    """The convolution, called on what the zeros gave, as often as before."""
    config = {key: value for key, value in layer["config"].items() if key != "batch_input_shape"}
    calls = [[[zeros, call, 0, {}]] for call in range(len(layer["inbound_nodes"]))]
    return {**layer, "config": {**config, "padding": "valid"}, "inbound_nodes": calls}
