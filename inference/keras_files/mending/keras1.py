"""Layers as Keras 1 described them, in the words of Keras 2.

Keras 1 named arguments after the mathematics of its time (`nb_filter`, `W_regularizer`,
`border_mode`), and a few layers existed in it alone. Sources: the conversion interfaces in
`keras/legacy/interfaces.py` of Keras 2.0 to 2.3, and the layers of Keras 1.0 to 1.2.
"""

from __future__ import annotations

from typing import Any, Final

from inference.errors import UnreadableModel
from inference.keras_files.documents import Config
from inference.keras_files.mending.deviations import stored_a_deviation
from inference.keras_files.words import words

_CLASSES: Final = {
    "AtrousConv1D": "Conv1D",
    "AtrousConv2D": "Conv2D",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "Deconvolution2D": "Conv2DTranspose",
    "Deconvolution3D": "Conv3DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
}

_RENAMED: Final = {
    "W_constraint": "kernel_constraint",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "b_constraint": "bias_constraint",
    "b_regularizer": "bias_regularizer",
    "atrous_rate": "dilation_rate",
    "bias": "use_bias",
    "border_mode": "padding",
    "dropout_U": "recurrent_dropout",
    "dropout_W": "dropout",
    "filter_length": "kernel_size",
    "init": "kernel_initializer",
    "inner_activation": "recurrent_activation",
    "inner_init": "recurrent_initializer",
    "nb_filter": "filters",
    "pool_length": "pool_size",
    "stride": "strides",
    "subsample": "strides",
    "subsample_length": "strides",
}

# Said by Keras 1 and of no consequence for an answer.
_DROPPED: Final = words(
    """
    W_learning_rate_multiplier b_learning_rate_multiplier beta_init cache_enabled consume_less
    forget_bias_init gamma_init input_dtype learning_rate_multiplier sparsity weights
    """
)

_UNITS: Final = words("Dense GRU LSTM MaxoutDense SimpleRNN TimeDistributedDense")
_RATES: Final = frozenset(
    {"Dropout", "GaussianDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"}
)
_ORDERINGS: Final = {"th": "channels_first", "tf": "channels_last", "default": "channels_last"}
# What the layers that Keras dropped take besides their name; the rest is how they begin to learn.
_RETIRED: Final = {
    "Highway": words("activation use_bias"),
    "MaxoutDense": words("units nb_feature use_bias"),
    "ParametricSoftplus": words(""),
    "SampleNormalization": words("epsilon rooted"),
    "SReLU": words("shared_axes"),
}
_OF_ALL: Final = words("name trainable dtype batch_input_shape _first input_dim input_length")


def translate_layer(name: str, config: Config) -> tuple[str, Config]:
    """The class and arguments in Keras 2 for a layer of Keras 1.

    Models, merges and wrappers keep their inside: see `translate_model`. Raises
    `UnreadableModel` for what Keras 2 cannot express.
    """
    new = {_RENAMED.get(key, key): value for key, value in config.items() if key not in _DROPPED}
    new = _sizes(name, new)
    if "dim_ordering" in new:
        new["data_format"] = _ORDERINGS.get(str(new.pop("dim_ordering")), "channels_last")
    if name in _UNITS and "output_dim" in new:
        new["units"] = new.pop("output_dim")
    if name in _RATES and "p" in new:
        new["rate"] = float(new.pop("p"))  # Keras 1 took a text as well
    if name == "GaussianNoise" and "sigma" in new:
        new["stddev"] = new.pop("sigma")
    if name == "UpSampling1D" and "length" in new:
        new["size"] = new.pop("length")
    if name == "BatchNormalization":
        name, new = _normalisation(new)
    if name in _RETIRED:
        new = {key: new[key] for key in new if key in _RETIRED[name] | _OF_ALL}
    if name == "Embedding":
        new = _embedding(new)
    elif "input_dim" in new or "input_length" in new:
        new = _first_shape(new)
    return _CLASSES.get(name, name), new


def _sizes(name: str, config: Config) -> Config:
    """`nb_row`, `nb_col` and the three `kernel_dim`s are one kernel size; paddings are pairs."""
    new = dict(config)
    rows = [new.pop(key) for key in ("nb_row", "nb_col") if key in new]
    rows = rows or [
        new.pop(f"kernel_dim{axis}") for axis in (1, 2, 3) if f"kernel_dim{axis}" in new
    ]
    if rows:
        new["kernel_size"] = rows
    if name.startswith("Deconvolution"):
        new.pop("output_shape", None)
    padding = new.get("padding")
    if name == "ZeroPadding1D" and isinstance(padding, dict):
        new["padding"] = [padding.get(f"{end}_pad", 0) for end in ("left", "right")]
    if name == "ZeroPadding2D" and isinstance(padding, dict):
        ends = [[padding.get(f"{end}_pad", 0) for end in each] for each in _ENDS]
        new["padding"] = ends
    elif name == "ZeroPadding2D" and isinstance(padding, list) and len(padding) == 4:
        new["padding"] = [padding[:2], padding[2:]]
    if isinstance(padding, str) and padding not in ("valid", "same"):
        raise UnreadableModel(
            f"layer {config.get('name')!r} has the border mode {padding!r}, which only Theano knew"
        )
    return new


_ENDS: Final = (("top", "bottom"), ("left", "right"))


def _normalisation(config: Config) -> tuple[str, Config]:
    """Mode 0 is what Keras 2 kept, and 1 takes each picture by itself; 2 takes the batch."""
    mode = config.get("mode", 0)
    new = {key: value for key, value in config.items() if key != "mode"}
    if mode == 1 and config.get("axis") == -1:
        return "SampleNormalization", {**new, "rooted": not stored_a_deviation(config)}
    if mode != 0:
        raise UnreadableModel(
            f"layer {config.get('name')!r} is a BatchNormalization of mode {mode}, whose answers "
            "depend on the other pictures of the batch or have no later equivalent; train it with "
            "mode 0"
        )
    return "BatchNormalization", new


def _embedding(config: Config) -> Config:
    new = {key: value for key, value in config.items() if key != "dropout"}
    renamed = {"kernel_": "embeddings_"}
    return {
        next(
            (key.replace(old, by) for old, by in renamed.items() if key.startswith(old)), key
        ): value
        for key, value in new.items()
    }


def _first_shape(config: Config) -> Config:
    """`input_dim` and `input_length` repeat what `batch_input_shape` says, or say it alone."""
    new = dict(config)
    width, length = new.pop("input_dim", None), new.pop("input_length", None)
    if "batch_input_shape" not in new and width is not None and new.pop("_first", False):
        new["batch_input_shape"] = [None, width] if length is None else [None, length, width]
    return new


def merge_layer(config: Config) -> tuple[str, Config]:
    """The layer of Keras 2 that does what a `Merge` of Keras 1 does to its tensors."""
    mode, name = config.get("mode"), config.get("name")
    simple = {"sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum"}
    if mode in simple:
        return simple[str(mode)], {"name": name}
    if mode == "concat":
        return "Concatenate", {"name": name, "axis": config.get("concat_axis", -1)}
    if mode in ("dot", "cos"):
        return "Dot", {
            "name": name,
            "axes": _dot_axes(config.get("dot_axes", -1)),
            "normalize": mode == "cos",
        }
    raise UnreadableModel(f"layer {name!r} merges in a way of its own ({str(mode)[:40]!r})")


def _dot_axes(axes: Any) -> Any:
    """Keras 1 lists the axes of both sides in lists of one."""
    if isinstance(axes, list):
        return [axis[0] if isinstance(axis, list) and len(axis) == 1 else axis for axis in axes]
    return axes
