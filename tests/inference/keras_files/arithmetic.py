"""The arithmetic of a few layers in NumPy: what an old Keras answered, worked out without one.

Pictures are `(n, rows, columns, channels)` and kernels `(rows, columns, in, out)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Gate = tuple[Array, Array, Array]


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def softmax(x: Array) -> Array:
    raised = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(raised / raised.sum(-1, keepdims=True), np.float32)


def hard_sigmoid(x: Array) -> Array:
    """As Keras 1 and 2 defined it; Keras 3 has another slope."""
    return np.asarray(np.clip(0.2 * x + 0.5, 0, 1), np.float32)


def pad(x: Array, by: int) -> Array:
    return np.pad(x, ((0, 0), (by, by), (by, by), (0, 0)))


def convolve(x: Array, kernel: Array) -> Array:
    """What TensorFlow calls a convolution: the kernel is not turned."""
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(1, 2))
    return np.asarray(np.einsum("nijcrs,rsco->nijo", windows, kernel), np.float32)


def max_pool(x: Array, size: int = 2) -> Array:
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    return np.asarray(windows[:, ::size, ::size].max((-1, -2)))


def normalise(x: Array, parts: Sequence[Array], epsilon: float) -> Array:
    gamma, beta, mean, variance = parts
    return np.asarray((x - mean) / np.sqrt(variance + epsilon) * gamma + beta, np.float32)


def lstm(x: Array, gates: Mapping[str, Gate]) -> Array:
    """All outputs over time; gates `i`, `c`, `f`, `o`."""
    units = gates["i"][2].size
    state = output = np.zeros((len(x), units), np.float32)
    outputs = []
    for moment in x.transpose(1, 0, 2):
        before = {
            name: moment @ kernel + output @ recurrent + bias
            for name, (kernel, recurrent, bias) in gates.items()
        }
        state = hard_sigmoid(before["f"]) * state + hard_sigmoid(before["i"]) * np.tanh(before["c"])
        output = hard_sigmoid(before["o"]) * np.tanh(state)
        outputs.append(output)
    return np.stack(outputs, axis=1)


def gru(x: Array, gates: Mapping[str, Gate]) -> Array:
    """The last output; gates `z`, `r`, `h`, and the reset before the product."""
    output = np.zeros((len(x), gates["z"][2].size), np.float32)
    for moment in x.transpose(1, 0, 2):
        update, reset = (
            hard_sigmoid(moment @ gates[name][0] + output @ gates[name][1] + gates[name][2])
            for name in "zr"
        )
        kernel, recurrent, bias = gates["h"]
        new = np.tanh(moment @ kernel + (reset * output) @ recurrent + bias)
        output = update * output + (1 - update) * new
    return output
