"""A network small enough to convert in a second, with weights that are the same every time."""

from __future__ import annotations

import sys
from hashlib import sha256

import keras
import numpy as np
from numpy.typing import NDArray

from training.litert import to_float32, to_int8


def tiny_network() -> keras.Model:
    """The layers of EfficientNet-Lite in small: `(n, 16, 16, 3)` to `(n, 5)` logits."""
    picture = keras.Input((16, 16, 3), name="picture")
    x = keras.layers.Conv2D(8, 3, 2, padding="same", use_bias=False, name="stem")(picture)
    x = keras.layers.BatchNormalization(epsilon=1e-3, name="bn0")(x)
    entry = keras.layers.ReLU(6.0, name="relu6")(x)
    x = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise")(entry)
    x = keras.layers.BatchNormalization(epsilon=1e-3, name="bn1")(x)
    x = keras.layers.Add(name="add")([x, entry])
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    network = keras.Model(picture, keras.layers.Dense(5, name="fc")(x), name="tiny")
    rng = np.random.default_rng(0)
    network.set_weights([_random(rng, weight.shape) for weight in network.weights])
    return network


def _random(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Kernels of both signs; a positive vector for each part of a batch normalisation."""
    values = rng.normal(0, 0.4, shape) if len(shape) > 1 else rng.uniform(0.5, 1.5, shape)
    return values.astype(np.float32)


def tiny_tensors(count: int, seed: int = 0) -> list[NDArray[np.float32]]:
    """Pictures for it, `(1, 16, 16, 3)` from -1 to 1."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1, 1, (1, 16, 16, 3)).astype(np.float32) for _ in range(count)]


def digests() -> list[str]:
    """SHA-256 of both conversions."""
    network = tiny_network()
    models = (to_float32(network), to_int8(network, tiny_tensors(8)))
    return [sha256(model).hexdigest() for model in models]


if __name__ == "__main__":
    sys.stdout.write(" ".join(digests()))
