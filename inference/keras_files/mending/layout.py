"""A channels-first network as a channels-last one that gives the same answers.

Pictures come as `(height, width, channels)`, and LiteRT knows no other order. Convolutions and
pools are told to work channels-last; where a layer needs the order of old (a Flatten before a
Dense, a Reshape), a Permute brings it back. Kernels do not depend on the order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from inference.errors import UnreadableModel
from inference.keras_files.documents import Config, objects
from inference.keras_files.graph import Call, Graph, Ref, is_model, read_graph
from inference.keras_files.mending.functional import as_functional
from inference.keras_files.words import words

# Layers that treat each number, or each channel, alike wherever it stands.
_ANYWHERE = words(
    """
    Activation ActivityRegularization AlphaDropout Dropout ELU GaussianDropout GaussianNoise
    LeakyReLU ReLU SpatialDropout2D ThresholdedReLU
    """
)
_MERGES = frozenset({"Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"})
_MOVED = words(
    """
    AveragePooling2D AvgPool2D Conv2D Conv2DTranspose Cropping2D DepthwiseConv2D
    GlobalAveragePooling2D GlobalAvgPool2D GlobalMaxPool2D GlobalMaxPooling2D MaxPool2D
    MaxPooling2D SeparableConv2D UpSampling2D ZeroPadding2D
    """
)
_TO_LAST, _TO_FIRST = [2, 3, 1], [3, 1, 2]


def has_channels_first(model: Config) -> bool:
    """Whether any layer says so, at any depth."""
    return any(part.get("data_format") == "channels_first" for part in objects(model))


def channels_last(model: Config) -> Config:
    """The model with its pictures, and all that slides over them, channels-last.

    The model is canonical. Inputs of three sizes become channels-last; outputs keep their order.
    """
    functional = as_functional(model)
    graph = read_graph(functional)
    return _Rewriting(functional, graph).model()


@dataclass
class _Rewriting:
    """One pass over the calls of a model; `last` holds the tensors that are channels-last now."""

    source: Config
    graph: Graph
    last: set[Ref] = field(default_factory=set)
    layers: list[Config] = field(default_factory=list)
    permuted: dict[Ref, Ref] = field(default_factory=dict)

    def model(self) -> Config:
        """The whole model, rewritten."""
        nodes: dict[str, list[Any]] = {}
        made: dict[str, Config] = {}
        for call in self.graph.calls:
            layer, inputs = self._call(call)
            if call.name not in made:
                made[call.name] = layer
                self.layers.append(layer)
            if inputs:
                nodes.setdefault(call.name, []).append([[*ref, {}] for ref in inputs])
        for name, layer in made.items():
            layer["inbound_nodes"] = nodes.get(name, [])
        outputs = [list(self._first(ref)) for ref in self.graph.outputs]
        config = {
            "name": self.source["config"].get("name"),
            "layers": self.layers,
            "input_layers": [list(ref) for ref in self.graph.inputs],
            "output_layers": outputs,
        }
        return {"class_name": "Functional", "config": config}

    def _call(self, call: Call) -> tuple[Config, list[Ref]]:
        """The layer as it is called now, and on what."""
        layer = {**call.layer, "name": call.name, "config": dict(call.layer["config"])}
        output = Ref(call.name, call.node, 0)
        kind, config = str(layer["class_name"]), layer["config"]
        if kind == "InputLayer":
            self._enter(config, output)
            return layer, []
        if any(_has_more_than_tensors(node) for node in call.layer.get("inbound_nodes") or []):
            raise UnreadableModel(
                f"layer {call.name!r} takes more than tensors in a channels-first model, which "
                "cannot be turned to channels-last; save the model as a SavedModel"
            )
        once = len(call.layer.get("inbound_nodes") or []) <= 1
        if config.get("data_format") == "channels_first" and kind in _MOVED:
            config["data_format"] = "channels_last"
            if "Global" not in kind or config.get("keepdims"):
                self.last.add(output)
            return layer, [self._last(ref) for ref in call.inputs]
        if kind == "Flatten" and config.pop("data_format", None) == "channels_first" and once:
            return layer, list(call.inputs)  # it flattened channels-last whatever it was given
        if once and self._moves_along(kind, config, call.inputs):
            self.last.add(output)
            return layer, list(call.inputs)
        if is_model(layer) and has_channels_first(layer):
            layer = {**layer, **_inner(layer)}
        return layer, [self._first(ref) for ref in call.inputs]

    def _enter(self, config: Config, output: Ref) -> None:
        shape = config.get("batch_input_shape")
        if isinstance(shape, list) and len(shape) == 4:
            config["batch_input_shape"] = [shape[0], shape[2], shape[3], shape[1]]
            self.last.add(output)

    def _moves_along(self, kind: str, config: Config, inputs: tuple[Ref, ...]) -> bool:
        """Whether the layer does the same to channels-last tensors, its axis put right."""
        if not inputs or not all(ref in self.last for ref in inputs):
            return False
        if kind in _ANYWHERE:
            config.pop("data_format", None)
            return config.get("activation") not in ("softmax", "log_softmax")
        if kind in _MERGES:
            return True
        if kind == "BatchNormalization" and config.get("axis") in (1, -3):
            config["axis"] = -1
            return True
        if kind == "Concatenate" and config.get("axis") in (1, -3):
            config["axis"] = -1
            return True
        return False

    def _last(self, ref: Ref) -> Ref:
        return ref if ref in self.last else self._permute(ref, _TO_LAST)

    def _first(self, ref: Ref) -> Ref:
        return self._permute(ref, _TO_FIRST) if ref in self.last else ref

    def _permute(self, ref: Ref, order: list[int]) -> Ref:
        """The tensor in the other order, through a layer that is made once for it."""
        if ref not in self.permuted:
            name = f"{ref.layer}_{ref.node}_{ref.tensor}_{'last' if order == _TO_LAST else 'first'}"
            self.layers.append(
                {
                    "class_name": "Permute",
                    "name": name,
                    "config": {"name": name, "dims": order},
                    "inbound_nodes": [[[*ref, {}]]],
                }
            )
            self.permuted[ref] = Ref(name, 0, 0)
        return self.permuted[ref]


def _has_more_than_tensors(node: Any) -> bool:
    """Whether a call has arguments of its own besides the tensors that it is called on."""
    if not isinstance(node, list):
        return True
    return any(not isinstance(ref, list) or (len(ref) > 3 and bool(ref[3])) for ref in node)


def _inner(layer: Config) -> Config:
    """A model inside another, which goes on taking and giving channels-first."""
    inner = channels_last(layer)
    config = inner["config"]
    layers: list[Config] = []
    renamed: dict[str, str] = {}
    for each in config["layers"]:
        shape = each["config"].get("batch_input_shape")
        if each["class_name"] == "InputLayer" and isinstance(shape, list) and len(shape) == 4:
            layers += _behind_permute(each)
            renamed[each["name"]] = f"{each['name']}_as_written"
        else:
            layers.append(each)
    entries = [[renamed.get(name, name), *rest] for name, *rest in config["input_layers"]]
    return {**inner, "config": {**config, "layers": layers, "input_layers": entries}}


def _behind_permute(entry: Config) -> list[Config]:
    """An input in the order of old, and a Permute that takes over its name for all its users."""
    name, config = entry["name"], dict(entry["config"])
    rows, columns, channels = config["batch_input_shape"][1:]
    config |= {"name": f"{name}_as_written", "batch_input_shape": [None, channels, rows, columns]}
    return [
        {**entry, "name": config["name"], "config": config},
        {
            "class_name": "Permute",
            "name": name,
            "config": {"name": name, "dims": _TO_LAST},
            "inbound_nodes": [[[config["name"], 0, 0, {}]]],
        },
    ]
