"""Arrays as their writer stored them, made into what a layer of tf-keras takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from inference.keras_files import readers
from inference.keras_files.kernels import Array, from_keras_1, turned

_ON_A_GPU: Final = frozenset({"GRU", "LSTM"})


@dataclass(frozen=True, slots=True)
class Conversion:
    """What lies between a file's arrays and a layer's: Keras 1's layouts, Theano's kernels.

    `channels_first` says of each layer, by name, how it was written, whatever it is now.
    """

    keras_1: bool
    theano: bool
    channels_first: Mapping[str, bool]

    def __call__(self, layer: Any, arrays: list[Array]) -> list[Array]:
        """The arrays for `layer`; wrappers hand them on to what they wrap."""
        kind = type(layer).__name__
        if kind == "Bidirectional":
            half = len(arrays) // 2
            return [
                *self(layer.forward_layer, arrays[:half]),
                *self(layer.backward_layer, arrays[half:]),
            ]
        if kind == "TimeDistributed":
            return self(layer.layer, arrays)
        if self.keras_1 and arrays:
            arrays = from_keras_1(
                kind,
                arrays,
                channels_first=self.channels_first.get(str(layer.name), False),
                kernel_shape=tuple(layer.weights[0].shape),
            )
        if self.theano:
            arrays = turned(kind, arrays)
        return readers.from_gpu(layer, arrays) if kind in _ON_A_GPU else arrays
