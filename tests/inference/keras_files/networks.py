"""Networks of the layers that classifiers are made of, built with either Keras, and saved."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Library = Literal["keras", "tf_keras"]
Kind = Literal["sequential", "functional", "nested", "hard_sigmoid", "recurrent"]

KINDS: tuple[Kind, ...] = ("sequential", "functional", "nested", "hard_sigmoid", "recurrent")
SHAPE = (16, 12, 3)
CLASSES = 5


def pictures(count: int = 4) -> NDArray[np.float32]:
    """`(count, 16, 12, 3)` from -1 to 1, the same every time."""
    return np.random.default_rng(1).uniform(-1, 1, (count, *SHAPE)).astype(np.float32)


def network(library: Library, kind: Kind) -> Any:
    """A network `(n, 16, 12, 3)` to `(n, 5)` with weights that are the same every time."""
    keras = import_module(library)
    model = _MAKERS[kind](keras)
    rng = np.random.default_rng(0)
    model.set_weights([_random(rng, weight.shape) for weight in model.get_weights()])
    return model


def answers(model: Any) -> NDArray[np.float32]:
    """What a model of either Keras answers to the pictures."""
    return np.asarray(model(pictures()))


def _sequential(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def _functional(keras: Any, gate: str = "relu6") -> Any:
    picture = keras.Input(SHAPE)
    x = _body(keras, picture, gate)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(picture, keras.layers.Dense(CLASSES, activation="softmax")(x))


def _body(keras: Any, picture: Any, gate: str) -> Any:
    layers = keras.layers
    x = layers.Conv2D(4, 3, padding="same", kernel_regularizer="l2")(picture)
    x = layers.Activation(gate)(layers.BatchNormalization()(x))
    left = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    right = layers.SeparableConv2D(4, 3, padding="same", activation="relu")(x)
    x = layers.Add()([left, right])
    return layers.ZeroPadding2D(1)(layers.Concatenate()([x, left]))


def _nested(keras: Any) -> Any:
    picture = keras.Input(SHAPE)
    inner_picture = keras.Input((None, None, 8))
    x = keras.layers.Conv2D(6, 3)(inner_picture)
    x = keras.layers.LeakyReLU()(keras.layers.BatchNormalization()(x))
    inner = keras.Model(inner_picture, x, name="inner")
    x = inner(_body(keras, picture, "relu"))
    x = keras.layers.GlobalMaxPooling2D()(x)
    return keras.Model(picture, keras.layers.Dense(CLASSES)(x))


def _recurrent(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.TimeDistributed(layers.Conv1D(4, 3, activation="relu")),
            layers.Reshape((16, 40)),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
            layers.GRU(3),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


_MAKERS: dict[Kind, Callable[[Any], Any]] = {
    "sequential": _sequential,
    "functional": _functional,
    "nested": _nested,
    "hard_sigmoid": lambda keras: _functional(keras, "hard_sigmoid"),
    "recurrent": _recurrent,
}


def _random(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    values = rng.normal(0, 0.4, shape) if len(shape) > 1 else rng.uniform(0.2, 1.0, shape)
    return values.astype(np.float32)


def save_h5(model: Any, folder: Path) -> None:
    model.save(folder / "model.h5")


def save_keras(model: Any, folder: Path) -> None:
    model.save(folder / "model.keras")


def save_json_and_h5(model: Any, folder: Path) -> None:
    """`architecture.json` and weights in the list form of Keras 2."""
    (folder / "architecture.json").write_text(model.to_json())
    whole = folder / "whole.h5"
    model.save(whole)
    whole.rename(folder / "weights.h5")


def save_json_and_nested_weights(model: Any, folder: Path) -> None:
    """`architecture.json` and weights in the nested form of Keras 3."""
    (folder / "architecture.json").write_text(model.to_json())
    model.save_weights(folder / "model.weights.h5")


def save_graph(model: Any, folder: Path) -> None:
    """A SavedModel as `model.export` writes it, for serving."""
    with redirect_stdout(io.StringIO()):
        model.export(str(folder / "saved_model"))


def save_keras_graph(model: Any, folder: Path) -> None:
    """A SavedModel as Keras 2 saved models by default."""
    model.save(str(folder / "saved_model"), save_format="tf")


Save = Callable[[Any, Path], None]
FORMATS: dict[Library, dict[str, Save]] = {
    "keras": {
        "h5": save_h5,
        "keras": save_keras,
        "json+h5": save_json_and_h5,
        "json+nested": save_json_and_nested_weights,
        "saved_model": save_graph,
    },
    "tf_keras": {
        "h5": save_h5,
        "keras": save_keras,
        "json+h5": save_json_and_h5,
        "json+nested": save_json_and_nested_weights,
        "saved_model": save_graph,
        "saved_model of Keras": save_keras_graph,
    },
}
