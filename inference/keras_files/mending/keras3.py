"""A description by Keras 3 in the words of Keras 2: calls as lists, no modules, plain dtypes."""

from __future__ import annotations

from typing import Any

from inference.errors import UnreadableModel
from inference.keras_files.documents import Config
from inference.keras_files.graph import is_model, layers_of, name_of

_DROPPED = ("module", "registered_name", "build_config", "compile_config")


def as_keras_2(model: Config) -> Config:
    """The same model, described as Keras 2 would; arguments of layers are left to the rules."""
    config = dict(model["config"])
    models = {name_of(layer) for layer in layers_of(model) if is_model(layer)}
    config["layers"] = [_layer(layer, models) for layer in layers_of(model)]
    for end in ("input_layers", "output_layers"):
        if end in config:
            config[end] = [_counted(each, models) for each in _ends(config[end])]
    config.pop("dtype", None)
    return {"class_name": model["class_name"], "config": config}


def _layer(layer: Config, models: set[str]) -> Config:
    plain = {key: value for key, value in layer.items() if key not in _DROPPED}
    if is_model(layer):
        plain |= as_keras_2(layer)
    else:
        plain["config"] = _arguments(layer.get("config") or {})
    if "inbound_nodes" in layer:
        plain["name"] = name_of(layer)
        plain["inbound_nodes"] = [_call(node, models) for node in layer["inbound_nodes"]]
    return plain


def _arguments(config: Config) -> Config:
    """Inner layers without modules; functions by their name."""
    new: Config = {}
    for key, value in config.items():
        if isinstance(value, dict) and value.get("class_name") == "function":
            new[key] = value["config"]
        elif (
            isinstance(value, dict)
            and "class_name" in value
            and isinstance(value.get("config"), dict)
        ):
            inner = {name: each for name, each in value.items() if name not in _DROPPED}
            new[key] = {**inner, "config": _arguments(value["config"])}
        else:
            new[key] = value
    return new


def _call(node: Any, models: set[str]) -> Any:
    """`{"args": [...], "kwargs": {...}}` as a list of `[layer, node, tensor, {}]`."""
    if not isinstance(node, dict):
        return node
    found: list[Any] = []
    _histories(node.get("args"), found)
    if any(_says_something(*argument) for argument in node.get("kwargs", {}).items()):
        raise UnreadableModel("a layer is called with more than tensors, which Keras 2 cannot say")
    return [[*_counted(history, models)[:3], {}] for history in found]


def _says_something(key: str, value: Any) -> bool:
    """Whether an argument of a call changes the answers; training does not, when it is off."""
    return value is not None and key != "mask" and (key, value) != ("training", False)


def _counted(ref: list[Any], models: set[str]) -> list[Any]:
    """Keras 2 counts the call that made a model as its first."""
    name, node, *rest = ref
    return [name, node + 1, *rest] if name in models else list(ref)


def _histories(value: Any, found: list[Any]) -> None:
    if isinstance(value, dict):
        if "keras_history" in value:
            found.append(value["keras_history"])
            return
        for inner in value.values():
            _histories(inner, found)
    elif isinstance(value, list):
        for inner in value:
            _histories(inner, found)


def _ends(value: Any) -> list[Any]:
    """One end may stand for itself; Keras 2 wants a list of them."""
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str):
        return [value]
    return list(value)
