"""How each of Keras's layers changes a shape: the arithmetic.

A pure function of the layer's description (in Keras 2's words) and of the shapes that it is
called on.
"""

from __future__ import annotations

import re
from math import prod
from typing import Any

from inference.keras_files.documents import Config
from inference.keras_files.words import words

Shape = tuple[int | None, ...] | None

GATES = {"LSTM": 4, "CuDNNLSTM": 4, "GRU": 3, "CuDNNGRU": 3, "SimpleRNN": 1}
_SAME = words(
    """
    Activation ActivityRegularization AlphaDropout BatchNormalization BatchNormalizationV1
    BatchNormalizationV2 Dropout ELU FixedDropout GaussianDropout GaussianNoise GroupNormalization
    Highway Identity InputLayer LayerNormalization LayerScale LeakyReLU Masking Normalization PReLU
    ParametricSoftplus RandomBrightness RandomContrast RandomFlip RandomRotation RandomTranslation
    RandomZoom ReLU Rescaling SReLU SampleNormalization Softmax SpatialDropout1D SpatialDropout2D
    SpatialDropout3D StochasticDepth SyncBatchNormalization ThresholdedReLU UnitNormalization
    """
)
_ELEMENTWISE = re.compile(
    r"__operators__\.add|cast|clip_by_value|math\.(?!reduce|arg|top_k|l2_)|"
    r"nn\.(relu|relu6|elu|gelu|sigmoid|silu|swish|softmax|tanh)$"
)
_MERGES = words("Add Average CustomScaleLayer Maximum Minimum Multiply Subtract")


def output_shape(layer: Config, shapes: tuple[Shape, ...]) -> Shape:
    """The shape of what the layer gives; None where it is not known."""
    name, config = str(layer.get("class_name")), layer.get("config") or {}
    shape = shapes[0] if shapes else None
    if name in _SAME or (name == "TFOpLambda" and _ELEMENTWISE.match(str(config.get("function")))):
        return shape
    if name == "MaxoutDense" or (name == "Dense" and shape is None):
        return (int(config["units"]),)  # of whatever it is called on, the last size is known
    if name == "Concatenate":
        return _concatenated(shapes, int(config.get("axis", -1)))
    if name in _MERGES:
        return _broadcast(shapes)
    if name == "Embedding":
        return (*shape, int(config["output_dim"])) if shape is not None else None
    if name in GATES:
        units = int(config["units"])
        steps = shape[:1] if shape and config.get("return_sequences") else ()
        return (*steps, units)
    if name == "Bidirectional":
        inner = output_shape(config["layer"], shapes)
        doubled = config.get("merge_mode") == "concat"
        return (*inner[:-1], (inner[-1] or 0) * 2) if inner and doubled else inner
    if shape is None:
        return None
    return _of_one(name, config, shape)


def _of_one(name: str, config: Config, shape: tuple[int | None, ...]) -> Shape:
    """The output of a layer that is called on one tensor of a known shape."""
    if name == "Dense":
        return (*shape[:-1], int(config["units"]))
    if name == "Flatten":
        return (_product(shape),)
    if name == "RepeatVector":
        return (int(config["n"]), *shape)
    if name == "Permute":
        return tuple(shape[int(place) - 1] for place in config["dims"])
    if name == "Reshape":
        return _reshaped(shape, [int(size) for size in config["target_shape"]])
    if name == "TimeDistributed":
        inner = output_shape(config["layer"], (shape[1:],))
        return (shape[0], *inner) if inner is not None else None
    if name.startswith("Global"):
        channels = channels_of(config, shape)
        kept = (1,) * (len(shape) - 1) if config.get("keepdims") else ()
        return (channels, *kept) if _first(config) and kept else (*kept, channels)
    return convolved(name, config, shape)


def convolved(name: str, config: Config, shape: Shape) -> Shape:
    """What slides over, pads, crops or repeats the places between batch and channels."""
    if shape is None or len(shape) < 2:
        return None
    sizes = shape[1:] if _first(config) else shape[:-1]
    channels = channels_of(config, shape)
    changed: tuple[int | None, ...]
    if name.startswith(("ZeroPadding", "Cropping")):
        sign = 1 if name.startswith("Zero") else -1
        pads = _pairs(config.get("padding", config.get("cropping")), len(sizes))
        changed = tuple(
            None if size is None else max(0, size + sign * pad)
            for size, pad in zip(sizes, pads, strict=True)
        )
    elif name.startswith("UpSampling"):
        factors = many(config.get("size"), len(sizes))
        changed = tuple(
            None if size is None else size * by for size, by in zip(sizes, factors, strict=True)
        )
    elif name in ("Resizing", "CenterCrop"):
        changed = (int(config["height"]), int(config["width"]))
    elif "Conv" in name or "Pool" in name or name.startswith("LocallyConnected"):
        changed = _slid(name, config, sizes)
        if name.startswith("DepthwiseConv"):
            channels = (channels or 1) * int(config.get("depth_multiplier") or 1)
        elif "Pool" not in name:
            channels = int(config["filters"])
    else:
        return None
    return (channels, *changed) if _first(config) else (*changed, channels)


def _slid(name: str, config: Config, sizes: tuple[int | None, ...]) -> tuple[int | None, ...]:
    kernel = many(config.get("kernel_size", config.get("pool_size")), len(sizes))
    strides = many(config.get("strides") or kernel, len(sizes))
    dilation = many(config.get("dilation_rate") or 1, len(sizes))
    same = config.get("padding") in ("same", "causal")
    result: list[int | None] = []
    for size, window, step, spread in zip(sizes, kernel, strides, dilation, strict=True):
        reach = spread * (window - 1) + 1
        if size is None:
            result.append(None)
        elif "Transpose" in name:
            result.append(size * step + (0 if same else max(window - step, 0)))
        else:
            result.append(-(-size // step) if same else max(0, (size - reach) // step + 1))
    return tuple(result)


def _concatenated(shapes: tuple[Shape, ...], axis: int) -> Shape:
    whole = [shape for shape in shapes if shape is not None]
    if len(whole) != len(shapes) or not whole:
        return None
    place = axis - 1 if axis > 0 else len(whole[0]) + axis
    sizes = list(whole[0])
    along = [shape[place] for shape in whole]
    sizes[place] = None if None in along else sum(size or 0 for size in along)
    return tuple(sizes)


def _broadcast(shapes: tuple[Shape, ...]) -> Shape:
    """The largest size at every place, counted from the last."""
    whole = [shape for shape in shapes if shape is not None]
    if not whole:
        return None
    rank = max(len(shape) for shape in whole)
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in whole]
    return tuple(
        None if None in sizes else max(size or 0 for size in sizes)
        for sizes in zip(*padded, strict=True)
    )


def _reshaped(shape: tuple[int | None, ...], target: list[int]) -> Shape:
    total = _product(shape)
    if -1 not in target:
        return tuple(target)
    others = prod(size for size in target if size != -1)
    open_size = None if total is None else total // max(others, 1)
    return tuple(open_size if size == -1 else size for size in target)


def _product(shape: tuple[int | None, ...]) -> int | None:
    return None if None in shape else prod(size or 0 for size in shape)


def _first(config: Config) -> bool:
    return config.get("data_format") == "channels_first"


def channels_of(config: Config, shape: Shape) -> int | None:
    """How many channels a tensor has, wherever the layer looks for them."""
    if not shape:
        return None
    return shape[0] if _first(config) else shape[-1]


def many(value: Any, count: int = 1) -> tuple[int, ...]:
    """One number for all places, or one for each."""
    if value is None:
        return (1,) * count
    if isinstance(value, list | tuple):
        return tuple(int(each) for each in value)
    return (int(value),) * count


def _pairs(value: Any, count: int) -> tuple[int, ...]:
    """Padding or cropping at both ends of each place, added up."""
    if not isinstance(value, list | tuple):
        return (2 * int(value or 0),) * count
    if count == 1 and len(value) == 2:
        return (int(value[0]) + int(value[1]),)
    return tuple(
        sum(int(end) for end in each) if isinstance(each, list | tuple) else 2 * int(each)
        for each in value
    )
