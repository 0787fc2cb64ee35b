"""Files as Keras 1 wrote them, key by key, put together with h5py and json alone.

Keras 1 cannot be installed beside anything of today. What it wrote is known from its source
(`get_config` of its layers, `save_weights_to_hdf5_group` of its containers); here the same keys
and the same layouts are written around arrays of our own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Ordering = Literal["th", "tf"]
Config = dict[str, Any]

# What get_config of every Keras 1 layer with weights held besides its own.
_TRAINING = {
    "W_constraint": None,
    "W_regularizer": {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.0005},
    "activity_regularizer": None,
    "b_constraint": None,
    "b_regularizer": None,
    "init": "glorot_uniform",
    "trainable": True,
}


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: its class, its arguments, and its weights by Keras 1's names."""

    kind: str
    config: Config
    weights: Sequence[tuple[str, Array]] = ()

    @property
    def name(self) -> str:
        return str(self.config["name"])

    def described(self) -> Config:
        return {"class_name": self.kind, "config": self.config}


@dataclass(frozen=True, slots=True)
class Kernels:
    """How arrays `(h, w, in, out)` are stored: the ordering, and whether Theano turned them."""

    ordering: Ordering
    theano: bool = field(default=False)

    def stored(self, kernel: Array) -> Array:
        if self.theano:
            kernel = kernel[::-1, ::-1]
        return kernel.transpose(3, 2, 0, 1) if self.ordering == "th" else kernel


def convolution(name: str, kernel: Array, bias: Array, how: Kernels, **more: Any) -> Layer:
    """A Convolution2D with the kernel `(h, w, in, out)`."""
    rows, columns, _, filters = kernel.shape
    config = {
        **_TRAINING,
        "activation": "relu",
        "bias": True,
        "border_mode": "valid",
        "dim_ordering": how.ordering,
        "name": name,
        "nb_col": columns,
        "nb_filter": filters,
        "nb_row": rows,
        "subsample": [1, 1],
        **more,
    }
    weights = [(f"{name}_W", how.stored(kernel)), (f"{name}_b", bias)]
    return Layer("Convolution2D", config, weights)


def dense(name: str, kernel: Array, bias: Array, activation: str = "softmax", **more: Any) -> Layer:
    config = {
        **_TRAINING,
        "activation": activation,
        "bias": True,
        "input_dim": kernel.shape[0],
        "name": name,
        "output_dim": kernel.shape[1],
        **more,
    }
    return Layer("Dense", config, [(f"{name}_W", kernel), (f"{name}_b", bias)])


def normalisation(name: str, parts: Sequence[Array], axis: int) -> Layer:
    """A BatchNormalization; `parts` are gamma, beta, mean and variance."""
    config = {
        "axis": axis,
        "beta_regularizer": None,
        "epsilon": 1e-05,
        "gamma_regularizer": None,
        "mode": 0,
        "momentum": 0.99,
        "name": name,
        "trainable": True,
    }
    names = ("gamma", "beta", "running_mean", "running_std")
    weights = [(f"{name}_{part}", array) for part, array in zip(names, parts, strict=True)]
    return Layer("BatchNormalization", config, weights)


def plain(kind: str, name: str, **config: Any) -> Layer:
    """A layer without weights."""
    return Layer(kind, {"name": name, "trainable": True, **config})


def learned(kind: str, config: Config, weights: dict[str, Array]) -> Layer:
    """A layer of the kind of a Dense, with its weights by Keras 1's names for them."""
    return plain_learned(kind, {**_TRAINING, "bias": True, **config}, weights)


def plain_learned(kind: str, config: Config, weights: dict[str, Array]) -> Layer:
    """A layer with weights that says nothing of how they are learned."""
    name = config["name"]
    named = [(f"{name}_{part}", array) for part, array in weights.items()]
    return Layer(kind, {"trainable": True, **config}, named)


def sequential(layers: Sequence[Layer]) -> Config:
    """A Sequential, whose config was a list."""
    return {
        "class_name": "Sequential",
        "config": [layer.described() for layer in layers],
        "keras_version": "1.2.2",
    }


def functional(
    layers: Sequence[tuple[Layer, Sequence[str]]], inputs: Sequence[str], outputs: Sequence[str]
) -> Config:
    """A Model: each layer with the names of those that it is called on."""
    described = [
        {
            **layer.described(),
            "name": layer.name,
            "inbound_nodes": [[[name, 0, 0] for name in called]] if called else [],
        }
        for layer, called in layers
    ]
    config = {
        "name": "model_1",
        "layers": described,
        "input_layers": [[name, 0, 0] for name in inputs],
        "output_layers": [[name, 0, 0] for name in outputs],
    }
    return {"class_name": "Model", "config": config, "keras_version": "1.2.2"}


def entry(name: str, shape: Sequence[int]) -> Layer:
    """An InputLayer; `shape` is without the batch."""
    config = {
        "batch_input_shape": [None, *shape],
        "input_dtype": "float32",
        "name": name,
        "sparse": False,
    }
    return Layer("InputLayer", config)


Names = Literal["theano", "tensorflow", "numbered"]


def write_json_and_weights(
    folder: Path, config: Config, layers: Sequence[Layer], names: Names = "tensorflow"
) -> Path:
    """`model.to_json()` and `model.save_weights()`; returns the folder.

    `names` is whose names the weights bear: `dense_1_W` is Theano's, `dense_1_W:0` TensorFlow's,
    and `param_0` is that of a variable without one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "architecture.json").write_text(json.dumps(config))
    with h5py.File(folder / "weights.h5", "w") as file:
        _weights(file, layers, names)
    return folder


def write_whole(
    folder: Path, config: Config, layers: Sequence[Layer], backend: str | None = None
) -> Path:
    """`model.save()`; returns the folder. Keras 1 itself wrote no backend."""
    folder.mkdir(parents=True, exist_ok=True)
    with h5py.File(folder / "model.h5", "w") as file:
        file.attrs["keras_version"] = b"1.2.2"
        if backend is not None:
            file.attrs["backend"] = backend.encode()
        described = {key: value for key, value in config.items() if key != "keras_version"}
        file.attrs["model_config"] = json.dumps(described).encode()
        _weights(file.create_group("model_weights"), layers, "theano")
    return folder


def _weights(group: Any, layers: Sequence[Layer], names: Names) -> None:
    """`save_weights_to_hdf5_group`: all layers are listed, those without weights too."""
    group.attrs["layer_names"] = [layer.name.encode() for layer in layers]
    for layer in layers:
        inner = group.create_group(layer.name)
        weights = [
            (_NAMED[names].format(name=name, number=number), array)
            for number, (name, array) in enumerate(layer.weights)
        ]
        inner.attrs["weight_names"] = [name.encode() for name, _ in weights]
        for name, array in weights:
            inner.create_dataset(name, data=array)


_NAMED: dict[Names, str] = {
    "theano": "{name}",
    "tensorflow": "{name}:0",
    "numbered": "param_{number}",
}


Make = Callable[[Kernels], tuple[Config, list[Layer]]]
