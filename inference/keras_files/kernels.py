"""Arrays of Keras 1, and of Theano, as Keras 2 wants them.

Pure functions of NumPy arrays. Keras 1 wrote the kernels of a channels-first layer as
`(out, in, h, w)`; Theano turned every kernel by 180° before it multiplied, TensorFlow does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# The layers whose kernels Theano turned and stored as they were, and how many each has.
_KERNELS = {
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "Conv3DTranspose"), 1),
    "ConvLSTM2D": 2,
}


_CHANNELS_FIRST = frozenset({"Conv2D", "Conv3D", "ConvLSTM2D", "SeparableConv2D"})


def turned(name: str, arrays: Sequence[Array]) -> list[Array]:
    """The arrays of a layer of class `name`, its kernels `(…places, in, out)` turned by 180°."""
    kernels = _KERNELS.get(name, 0)
    return [*map(_turned, arrays[:kernels]), *arrays[kernels:]]


def _turned(kernel: Array) -> Array:
    places = kernel.ndim - 2
    return np.ascontiguousarray(kernel[(slice(None, None, -1),) * places])


def from_keras_1(
    name: str, arrays: Sequence[Array], *, channels_first: bool, kernel_shape: tuple[int, ...]
) -> list[Array]:
    """The arrays of a layer of class `name`, as Keras 1 stored them, in Keras 2's order.

    `channels_first` is how Keras 1 wrote the layer (its dimension ordering `th`), and
    `kernel_shape` the shape that Keras 2 wants: a Conv1D changed its layout within Keras 1.
    """
    given = list(arrays)
    if name == "Highway" and len(given) == 4 and given[1].ndim == 1:
        return [given[0], given[2], given[1], given[3]]  # until 1.1: W, b, W_carry, b_carry
    if name == "Conv1D":
        return [_one_place(given[0], kernel_shape), *given[1:]]
    if name == "Conv2DTranspose":
        order = (2, 3, 0, 1) if channels_first else (0, 1, 3, 2)
        return [np.transpose(given[0], order), *given[1:]]
    if channels_first and name in _CHANNELS_FIRST:
        given = [_kernel(each) if each.ndim > 2 else each for each in given]
    if name in ("LSTM", "ConvLSTM2D") and len(given) == 12:
        return _gates(given, (0, 6, 3, 9))  # i, c, f, o became i, f, c, o
    if name == "GRU" and len(given) == 9:
        return _gates(given, (0, 3, 6))
    return given


def _gates(arrays: list[Array], first: tuple[int, ...]) -> list[Array]:
    """Kernel, recurrent kernel and bias, each joined from one array per gate."""
    return [np.concatenate([arrays[place + part] for place in first], axis=-1) for part in range(3)]


def _kernel(kernel: Array) -> Array:
    """`(out, in, …places)` as `(…places, in, out)`."""
    return np.transpose(kernel, (*range(2, kernel.ndim), 1, 0))


def _one_place(kernel: Array, shape: tuple[int, ...]) -> Array:
    """`(length, 1, in, out)`, or before that `(out, in, length, 1)`, as `(length, in, out)`."""
    if kernel.ndim != 4:
        return kernel
    length, channels, filters = shape
    if kernel.shape == (length, 1, channels, filters):
        return kernel[:, 0]
    return np.transpose(kernel, (2, 3, 1, 0))[:, 0]
