"""Layers that Keras dropped after version 1, for tf-keras: what they computed, without training.

After `keras/layers/core.py` and `keras/layers/advanced_activations.py` of Keras 1.2.2, with the
weights in the shapes and the order in which that stored them. Importing this imports tf-keras.
"""

# ruff: noqa: D102 - build and call are Keras's words, and each class says what it computes

from __future__ import annotations

from typing import Any, Final

from tf_keras import activations, layers
from tf_keras import backend as ops


class _Retired(layers.Layer):  # type: ignore[misc] # tf-keras has no types
    """What a layer says of itself is what `Layer` takes; the rest is said below."""


class MaxoutDense(_Retired):
    """The largest of several Dense layers, for each unit."""

    def __init__(self, units: int, nb_feature: int, *, use_bias: bool = True, **more: Any) -> None:
        super().__init__(**more)
        self.units, self.nb_feature, self.use_bias = units, nb_feature, use_bias

    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight("W", (self.nb_feature, shape[-1], self.units))
        if self.use_bias:
            self.bias = self.add_weight("b", (self.nb_feature, self.units))

    def call(self, inputs: Any) -> Any:
        each = ops.dot(inputs, self.kernel)
        return ops.max(each + self.bias if self.use_bias else each, axis=1)


class Highway(_Retired):
    """A Dense layer, and a gate that lets its input pass instead."""

    def __init__(self, activation: Any = "linear", *, use_bias: bool = True, **more: Any) -> None:
        super().__init__(**more)
        self.activation, self.use_bias = activations.get(activation), use_bias

    def build(self, shape: Any) -> None:
        width = shape[-1]
        self.kernel = self.add_weight("W", (width, width))
        self.gate = self.add_weight("W_carry", (width, width))
        if self.use_bias:
            self.bias = self.add_weight("b", (width,))
            self.gate_bias = self.add_weight("b_carry", (width,))

    def call(self, inputs: Any) -> Any:
        gate, made = ops.dot(inputs, self.gate), ops.dot(inputs, self.kernel)
        if self.use_bias:
            gate, made = gate + self.gate_bias, made + self.bias
        opened = ops.sigmoid(gate)
        return self.activation(made) * opened + (1 - opened) * inputs


class ParametricSoftplus(_Retired):
    """A softplus with two learned factors for each number."""

    def build(self, shape: Any) -> None:
        self.alphas = self.add_weight("alphas", shape[1:])
        self.betas = self.add_weight("betas", shape[1:])

    def call(self, inputs: Any) -> Any:
        return ops.softplus(self.betas * inputs) * self.alphas


class SampleNormalization(_Retired):
    """Each picture less its own mean and divided by its own deviation, along the last axis.

    What BatchNormalization was in mode 1. Until 1.0.4 epsilon was added to the deviation alone,
    later also below the root (`rooted`). Its running weights are stored and never used.
    """

    def __init__(self, epsilon: float, *, rooted: bool, **more: Any) -> None:
        super().__init__(**more)
        self.epsilon, self.rooted = epsilon, rooted

    def build(self, shape: Any) -> None:
        own = (shape[-1],)
        self.gamma, self.beta = self.add_weight("gamma", own), self.add_weight("beta", own)
        for name in ("running_mean", "running_std"):
            self.add_weight(name, own, trainable=False)

    def call(self, inputs: Any) -> Any:
        mean, variance = (each(inputs, axis=-1, keepdims=True) for each in (ops.mean, ops.var))
        deviation = ops.sqrt(variance + self.epsilon if self.rooted else variance)
        return self.gamma * (inputs - mean) / (deviation + self.epsilon) + self.beta


class SReLU(_Retired):
    """Three straight pieces, whose ends and slopes were learned for each number."""

    def __init__(self, shared_axes: Any = None, **more: Any) -> None:
        super().__init__(**more)
        self.shared_axes = shared_axes or []

    def build(self, shape: Any) -> None:
        own = [1 if axis in self.shared_axes else size for axis, size in enumerate(shape)][1:]
        self.t_left = self.add_weight("t_left", own)
        self.a_left = self.add_weight("a_left", own)
        self.t_right = self.add_weight("t_right", own)
        self.a_right = self.add_weight("a_right", own)

    def call(self, inputs: Any) -> Any:
        width = ops.abs(self.t_right)  # of the middle piece
        right = self.t_left + width
        middle = ops.minimum(ops.relu(inputs - self.t_left), width)
        below = self.a_left * ops.relu(self.t_left - inputs)
        return self.t_left + middle - below + self.a_right * ops.relu(inputs - right)


RETIRED: Final = {
    each.__name__: each
    for each in (Highway, MaxoutDense, ParametricSoftplus, SampleNormalization, SReLU)
}
"""The classes by the names that descriptions have for them here, most of them Keras 1's."""
