"""What an old Keras wrote and what it answered, and whether the files answer so today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inference.keras_files import inspect, load
from inference.keras_files.loading import LoadedModel
from tests.inference.keras_files.arithmetic import Array
from tests.inference.keras_files.keras1 import Config, Kernels, Layer
from tests.inference.keras_files.networks import pictures

TOLERANCE = 1e-5
RNG = np.random.default_rng(3)


def some(*shape: int) -> Array:
    return RNG.normal(0, 0.3, shape).astype(np.float32)


def positive(*shape: int) -> Array:
    return RNG.uniform(0.5, 1.5, shape).astype(np.float32)


THEANO, TENSORFLOW = Kernels("th", theano=True), Kernels("tf")
ORDERS = {
    "Theano, channels first": THEANO,
    "TensorFlow, channels last": TENSORFLOW,
    "TensorFlow, channels first": Kernels("th"),
    "Theano, channels last": Kernels("tf", theano=True),
}


@dataclass(frozen=True, slots=True)
class Written:
    """A description, its layers, and what its Keras would have answered to the pictures."""

    config: Config
    layers: Sequence[Layer]
    answers: Array


def shape(how: Kernels, rows: int = 16, columns: int = 12, channels: int = 3) -> list[int]:
    return [channels, rows, columns] if how.ordering == "th" else [rows, columns, channels]


def axis(how: Kernels) -> int:
    return 1 if how.ordering == "th" else -1


def flattened(x: Array, how: Kernels) -> Array:
    """Keras 1 flattened in whatever order the numbers lay."""
    return (x.transpose(0, 3, 1, 2) if how.ordering == "th" else x).reshape(len(x), -1)


def assert_answers(folder: Path, written: Written, writer: str = "Keras 1.2.2") -> LoadedModel:
    """Look at the folder, load it, and compare its answers with the writer's."""
    looked, loaded = inspect(folder), load(folder)
    assert loaded.written_by.startswith(writer)
    assert looked.input_shape == (16, 12, 3)
    assert looked.output_width == 5
    assert np.abs(np.asarray(loaded.model(pictures())) - written.answers).max() <= TOLERANCE
    return loaded
