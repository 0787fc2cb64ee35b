"""EfficientNet-Lite0 as a Keras network, and the weights that PyTorch trained or ported for it.

The architecture is that of Tan and Le, "EfficientNet" (2019), in the Lite variant of the
TensorFlow TPU repository: no squeeze-and-excite, ReLU6 for swish, stem and head not scaled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from inference.errors import ModelError

SIZE = 224
CLASSES = 1000
_STEM, _HEAD = 32, 1280


class _Stage(NamedTuple):
    blocks: int
    kernel: int
    stride: int
    expansion: int
    channels: int


_STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)


def build() -> keras.Model:
    """The network without its weights: `(n, 224, 224, 3) float32` to `(n, 1000)` logits.

    The softmax is left to whoever serves it, in float: in 8 bits it would give scores in steps
    of 1/256, and nothing to what is less likely than half a step.
    """
    picture = keras.Input((SIZE, SIZE, 3), name="picture")
    x = _convolution(picture, "conv_stem", _STEM, kernel=3, stride=2)
    x = _normalised(x, "bn0")
    index = 0
    for stage in _STAGES:
        for position in range(stage.blocks):
            stride = stage.stride if position == 0 else 1
            x = _block(x, f"blocks.{index}", stage, stride)
            index += 1
    x = _normalised(_convolution(x, "conv_head", _HEAD), "bn1")
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    logits = keras.layers.Dense(CLASSES, name="fc")(x)
    return keras.Model(picture, logits, name="efficientnet_lite0")


def _block(x: Any, name: str, stage: _Stage, stride: int) -> Any:
    """An inverted residual: expand, filter each channel, project; added to its input if it fits."""
    entry, channels = x, x.shape[-1]
    if stage.expansion > 1:
        x = _convolution(x, f"{name}.expand_conv", channels * stage.expansion)
        x = _normalised(x, f"{name}.bn0")
    x = keras.layers.DepthwiseConv2D(
        stage.kernel, stride, padding="same", use_bias=False, name=f"{name}.depthwise_conv"
    )(x)
    x = _normalised(x, f"{name}.bn1")
    x = _convolution(x, f"{name}.project_conv", stage.channels)
    x = _normalised(x, f"{name}.bn2", activate=False)
    if stride == 1 and channels == stage.channels:
        x = keras.layers.Add(name=f"{name}.add")([x, entry])
    return x


def _convolution(x: Any, name: str, filters: int, kernel: int = 1, stride: int = 1) -> Any:
    return keras.layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False, name=name)(
        x
    )


def _normalised(x: Any, name: str, activate: bool = True) -> Any:
    x = keras.layers.BatchNormalization(epsilon=1e-3, name=name)(x)
    return keras.layers.ReLU(6.0, name=f"{name}.relu6")(x) if activate else x


def copy_weights(network: keras.Model, state: Mapping[str, NDArray[Any]]) -> None:
    """Fill `network` with the tensors of a PyTorch state dict, by name, each exactly once.

    Raises `ModelError` naming what the state lacks, what it has too many, or what does not fit.
    """
    tensors = {
        _keras_name(name): tensor
        for name, tensor in state.items()
        if not name.endswith(".num_batches_tracked")  # counts training steps, of no use here
    }
    try:
        for layer in network.layers:
            if layer.weights:
                layer.set_weights(_take(tensors, layer))
    except KeyError as exc:
        raise ModelError(f"the weights have no tensor {exc}") from exc
    except ValueError as exc:
        raise ModelError(f"the weights do not fit the network: {exc}") from exc
    if tensors:
        raise ModelError(f"the weights have tensors for no layer: {', '.join(sorted(tensors))}")


def _keras_name(name: str) -> str:
    """`_blocks.0._bn1.weight` is `blocks.0.bn1.weight` here: no scope may begin with `_`."""
    return name.removeprefix("_").replace("._", ".")


def _take(tensors: dict[str, NDArray[Any]], layer: keras.Layer) -> list[NDArray[Any]]:
    """Remove the layer's tensors from `tensors`, in the order and layout that Keras wants."""
    weight = tensors.pop(f"{layer.name}.weight")
    match layer:
        case keras.layers.BatchNormalization():
            rest = ("bias", "running_mean", "running_var")
            return [weight, *(tensors.pop(f"{layer.name}.{part}") for part in rest)]
        case keras.layers.DepthwiseConv2D():
            return [np.transpose(weight, (2, 3, 0, 1))]
        case keras.layers.Conv2D():
            return [np.transpose(weight, (2, 3, 1, 0))]
        case _:
            return [weight.T, tensors.pop(f"{layer.name}.bias")]
