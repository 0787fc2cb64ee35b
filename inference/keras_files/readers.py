"""The two well-kept readers of Keras files: Keras 3, and tf-keras for what Keras 2 wrote.

This module imports them, and TensorFlow, and no other here does but `retired`, which it imports.
Nothing that a file brings is run: no custom objects, `compile=False`, `safe_mode=True`; the static
scan came before.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, Literal

from inference.errors import UnreadableModel
from inference.keras_files.documents import Config
from inference.keras_files.graph import is_model, layers_of, name_of
from inference.keras_files.mending.arguments import without_unknown
from inference.keras_files.saved_models import SIGNATURES
from inference.keras_files.words import words

Library = Literal["keras", "tf_keras"]

_OF_EVERY_LAYER = words(
    """
    activity_regularizer autocast batch_input_shape batch_shape batch_size dtype dynamic
    input_batch_shape input_dim input_shape layers name node_def constants trainable weights
    """
)
_UNNAMED = words(  # what single layers take that their constructors do not name
    "implementation key_shape num_constants query_shape reverse_state_order value_shape"
    " zero_output_for_mask"
)
_BESIDE = {
    "CustomScaleLayer": "inception_resnet_v2",
    "LayerScale": "convnext",
    "StochasticDepth": "convnext",
}
_NOISE = ("tensorflow", "absl", "keras", "tf_keras")


def library(name: Library) -> Any:
    """The Keras of that name, with its messages kept for people who debug it."""
    with quiet():
        return import_module(name)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings of the readers away: what matters is said in `mended`."""
    levels = {name: logging.getLogger(name).level for name in _NOISE}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in _NOISE:
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            yield
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)


def read_whole(name: Library, path: Path) -> Any:
    """The model in one `.h5` or `.keras` file, read by the library alone."""
    keras = library(name)
    with quiet(), keras.utils.custom_object_scope(_own_objects(name)):
        return keras.models.load_model(path, compile=False, safe_mode=True)


def build(name: Library, config: Config) -> Any:
    """The model that a description describes, with weights of no meaning."""
    keras = library(name)
    config = deepcopy(config)  # Keras takes it apart
    with quiet(), keras.utils.custom_object_scope(_own_objects(name)):
        if name == "keras" and "module" in config:
            return keras.saving.deserialize_keras_object(config, safe_mode=True)
        if name == "keras":
            kind = keras.Sequential if config["class_name"] == "Sequential" else keras.Model
            return kind.from_config(config["config"])
        return keras.models.model_from_json(json.dumps(config))  # which knows `...` and tuples


@cache
def _own_objects(name: Library) -> dict[str, Any]:
    """Layers of Keras's own that it does not find by itself.

    Some it keeps beside its applications, and some it dropped after version 1.
    """
    beside = {
        kind: getattr(import_module(f"{name}.src.applications.{each}"), kind)
        for kind, each in _BESIDE.items()
    }
    if name == "tf_keras":
        beside |= import_module("inference.keras_files.retired").RETIRED
    return beside


def known_arguments(name: Library, config: Config) -> tuple[Config, tuple[str, ...]]:
    """The description without arguments that this version does not know and that say nothing."""
    keras = library(name)

    def of(kind: str) -> frozenset[str] | None:
        found = getattr(keras.layers, kind, None)
        return _arguments_of(found) if isinstance(found, type) else None

    return without_unknown(config, of)


def _arguments_of(kind: type) -> frozenset[str]:
    """All names that the constructors of a layer and of its ancestors take."""
    names = set(_OF_EVERY_LAYER | _UNNAMED)
    for each in kind.__mro__:
        if "__init__" in vars(each):
            names |= signature(vars(each)["__init__"]).parameters.keys()
    return frozenset(names)


def unknown_layer(name: Library, model: Config) -> str | None:
    """The first layer of a description that the library cannot make even by itself."""
    keras = library(name)
    own = _own_objects(name)
    for layer in layers_of(model):
        if is_model(layer):
            inner = unknown_layer(name, layer)
            if inner:
                return inner
            continue
        kind = own.get(str(layer["class_name"])) or getattr(keras.layers, layer["class_name"], None)
        try:
            with quiet(), keras.utils.custom_object_scope(own):
                if "module" in layer or kind is None:
                    keras.layers.deserialize(layer)
                else:
                    kind.from_config(layer["config"])
        except _faults():
            return f"{name_of(layer)!r} ({layer.get('class_name')})"
    return None


@cache
def _faults() -> tuple[type[Exception], ...]:
    """What building a layer from a stranger's arguments may raise: Python's own, and TensorFlow's.

    Not what says that the machine or the program is at an end.
    """
    operation: type[Exception] = import_module("tensorflow").errors.OpError
    return (
        ArithmeticError,
        AssertionError,
        AttributeError,
        ImportError,
        LookupError,
        NameError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
        operation,
    )


def read_weights_into(model: Any, path: Path) -> None:
    """Weights in the nested form of Keras 3, read by the library itself."""
    with quiet():
        model.load_weights(path)


def from_gpu(layer: Any, arrays: list[Any]) -> list[Any]:
    """Arrays of a GRU or LSTM of tf-keras, which its GPU twin kept transposed."""
    legacy = import_module("tf_keras.src.saving.legacy.hdf5_format")
    converted: list[Any] = legacy.preprocess_weights_for_loading(layer, arrays, "2", "tensorflow")
    return converted


def read_graph(folder: Path, signatures: tuple[str, ...] = SIGNATURES) -> Any:
    """A tf-keras model that calls the graph of a SavedModel: no object of it is revived.

    Raises `UnreadableModel` if it has no signature with one input and one output.
    """
    tensorflow = import_module("tensorflow")
    keras = library("tf_keras")
    with quiet():
        loaded = tensorflow.saved_model.load(str(folder))
    name = next((each for each in signatures if each in loaded.signatures), None)
    if name is None:
        raise UnreadableModel(
            f"the SavedModel has no signature {' or '.join(signatures)}; export it with "
            "model.export() of Keras"
        )
    function = loaded.signatures[name]
    inputs = function.structured_input_signature[1]
    outputs = function.structured_outputs
    if len(inputs) != 1 or len(outputs) != 1:
        raise UnreadableModel(
            f"the SavedModel has {len(inputs)} inputs and {len(outputs)} outputs; a classifier has "
            "one of each"
        )
    [(argument, spec)], [answer] = inputs.items(), outputs.keys()
    with quiet():
        entry = keras.Input(batch_shape=tuple(spec.shape), dtype=spec.dtype, name=_plain(argument))
        layer = _graph_layer(keras, loaded, lambda tensor: function(**{argument: tensor})[answer])
        return keras.Model(entry, layer(entry))


def _graph_layer(keras: Any, loaded: Any, call: Any) -> Any:
    """A layer that calls a function of a loaded graph and keeps its variables alive."""
    layer = type("SavedGraph", (keras.layers.Layer,), {"call": lambda _, tensor: call(tensor)})(
        name="graph"
    )
    layer.saved_graph = loaded
    return layer


def _plain(name: str) -> str:
    return "".join(each if each.isalnum() else "_" for each in name) or "picture"
