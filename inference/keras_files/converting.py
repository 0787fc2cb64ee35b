"""Arrays as their writer stored them, made into what a layer of tf-keras takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from inference.keras_files import readers
from inference.keras_files.kernels import Array, from_keras_1, turned
from inference.keras_files.mending.deviations import with_variance

_ON_A_GPU: Final = frozenset({"GRU", "LSTM"})


@dataclass(frozen=True, slots=True)
class Conversion:
    """What lies between a file's arrays and a layer's: Keras 1's layouts, Theano's kernels.

    `channels_first` says of each layer, by name, how it was written, whatever it is now;
    `deviations` has the epsilon of each normalisation that stored a deviation.
    """

    keras_1: bool = False
    theano: bool = False
    channels_first: Mapping[str, bool] = field(default_factory=dict)
    deviations: Mapping[str, float] = field(default_factory=dict)

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
        if str(layer.name) in self.deviations:
            arrays = with_variance(arrays, self.deviations[str(layer.name)])
        if self.theano:
            arrays = turned(kind, arrays)
        return readers.from_gpu(layer, arrays) if kind in _ON_A_GPU else arrays
