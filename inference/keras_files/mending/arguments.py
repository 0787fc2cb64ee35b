"""Arguments of layers that changed their form between versions, each put right by one rule.

A rule takes the class and the arguments of one layer and gives both back; training's own
arguments (initialisers, regularisers, constraints) are dropped, because only answers count.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from inference.errors import UnreadableModel
from inference.keras_files.documents import Config, rewritten
from inference.keras_files.operations import OPERATION_MODULES

Rule = Callable[[str, Config], tuple[str, Config]]

_RENAMED: Final = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "CuDNNGRU": "GRU",
    "CuDNNLSTM": "LSTM",
    "FixedDropout": "Dropout",  # the package efficientnet's; they differ in the shape of the noise
    "GRUV2": "GRU",
    "LSTMV2": "LSTM",
    "SyncBatchNormalization": "BatchNormalization",
}


_SECOND_VERSIONS: Final = ("softmax_v2", "log_softmax_v2")


def without_training(name: str, config: Config) -> tuple[str, Config]:
    """Initialisers, regularisers and constraints say how to train and nothing of the answers."""
    ends = ("_initializer", "_regularizer", "_constraint")
    return name, {key: value for key, value in config.items() if not key.endswith(ends)}


def plain_dtypes(name: str, config: Config) -> tuple[str, Config]:
    """A dtype policy, in any of its objects, is the text that it stands for."""
    dtype = config.get("dtype")
    if isinstance(dtype, dict):
        inner = dtype.get("config")
        dtype = inner.get("name") if isinstance(inner, dict) else None
        return name, {**config, "dtype": dtype or "float32"}
    return name, config


def plain_numbers(name: str, config: Config) -> tuple[str, Config]:
    """`{"type": "ndarray", "value": 0.1}`, as Keras 2.0 wrote NumPy's numbers, is the number."""
    return name, {
        key: value["value"] if _is_wrapped_number(value) else value for key, value in config.items()
    }


def plain_axes(name: str, config: Config) -> tuple[str, Config]:
    """TensorFlow 1.13 to 2.2 wrote the axis of a normalisation as a list of one."""
    axis = config.get("axis")
    if name == "BatchNormalization" and isinstance(axis, list) and len(axis) == 1:
        return name, {**config, "axis": axis[0]}
    return name, config


def plain_activations(name: str, config: Config) -> tuple[str, Config]:
    """`tf.nn.softmax`, given as a function, was written by the name of its second version."""
    new = {
        key: value.removesuffix("_v2") if value in _SECOND_VERSIONS else value
        for key, value in config.items()
        if isinstance(value, str)
    }
    return name, {**config, **new}


def known_classes(name: str, config: Config) -> tuple[str, Config]:
    """Classes that were renamed, or that ran on a GPU alone."""
    new = dict(config)
    if name.startswith("CuDNN"):
        new["recurrent_activation"] = "sigmoid"
    if name == "CuDNNGRU":
        new["reset_after"] = True
    return _RENAMED.get(name, name), new


def learned_embeddings(name: str, config: Config) -> tuple[str, Config]:
    """Keras 2.0 wrote its input's type, whole numbers, where later ones look for its weights'."""
    if name == "Embedding" and str(config.get("dtype")).startswith("int"):
        return name, {**config, "dtype": "float32"}
    return name, config


def ungrouped(name: str, config: Config) -> tuple[str, Config]:
    """Keras 2.3 to 2.15 wrote `groups: 1` for layers that take no groups."""
    if name.startswith(("DepthwiseConv", "SeparableConv")) and config.get("groups") == 1:
        return name, {key: value for key, value in config.items() if key != "groups"}
    return name, config


def old_gates(name: str, config: Config) -> tuple[str, Config]:
    """Before `reset_after` existed, a GRU reset before it multiplied."""
    return name, {"reset_after": False, **config} if name == "GRU" else config


def keras_2_shapes(name: str, config: Config) -> tuple[str, Config]:
    """`batch_shape`, as Keras 3 says it, is `batch_input_shape`."""
    if "batch_shape" in config:
        new = {key: value for key, value in config.items() if key != "batch_shape"}
        return name, {**new, "batch_input_shape": config["batch_shape"]}
    return name, config


def any_batch(name: str, config: Config) -> tuple[str, Config]:
    """A batch of a fixed size is one of any size; only stateful layers depend on it.

    No rule of `RULES`, because one layer alone does not tell whether another is stateful.
    """
    new = dict(config)
    for key in ("batch_shape", "batch_input_shape", "build_input_shape"):
        shape = config.get(key)
        if isinstance(shape, list) and shape and shape[0] not in (None, 1):
            new[key] = [None, *shape[1:]]
    return name, new


def keras_2_slopes(name: str, config: Config) -> tuple[str, Config]:
    """Keras 3's `negative_slope` of a LeakyReLU is Keras 2's `alpha`."""
    if name == "LeakyReLU" and "negative_slope" in config:
        new = {key: value for key, value in config.items() if key != "negative_slope"}
        return name, {**new, "alpha": config["negative_slope"]}
    return name, config


RULES: Final[dict[str, tuple[Rule, str]]] = {
    "known_classes": (known_classes, "classes that were renamed since"),
    "plain_dtypes": (plain_dtypes, "dtype policies as objects"),
    "plain_numbers": (plain_numbers, "numbers wrapped as arrays"),
    "plain_axes": (plain_axes, "the axis of a normalisation as a list"),
    "plain_activations": (plain_activations, "activations of TensorFlow by its own names"),
    "learned_embeddings": (learned_embeddings, "an embedding of whole numbers"),
    "ungrouped": (ungrouped, "groups of a depthwise convolution"),
    "old_gates": (old_gates, "a GRU from before reset_after"),
    "keras_2_shapes": (keras_2_shapes, "batch_shape instead of batch_input_shape"),
    "keras_2_slopes": (keras_2_slopes, "negative_slope instead of alpha"),
    "without_training": (without_training, ""),
}
"""What is put right for Keras 2's reader, in this order, and the words for it."""


def put_right(name: str, config: Config) -> tuple[str, Config, tuple[str, ...]]:
    """The layer after all rules, and in words those that changed it."""
    words = []
    for rule, word in RULES.values():
        new = rule(name, config)
        if word and new != (name, config):
            words.append(word)
        name, config = new
    return name, config, tuple(words)


def without_unknown(
    config: Config, arguments: Callable[[str], frozenset[str] | None]
) -> tuple[Config, tuple[str, ...]]:
    """The description without arguments of layers that a reader does not know.

    `arguments` tells those that it knows of a class, or None for a class that it has not. Only
    an argument that says nothing (None, False, empty, one group) is left out; any other raises
    `UnreadableModel`, because the answers would change.
    """
    said: set[str] = set()

    def one(part: Config) -> Config:
        inner = part.get("config")
        if part.get("module") in OPERATION_MODULES:  # some bear the names of layers
            return part
        known = arguments(str(part.get("class_name"))) if isinstance(inner, dict) else None
        if known is None or not isinstance(inner, dict) or "layers" in inner:
            return part
        unknown = inner.keys() - known
        for key in sorted(unknown):
            if inner[key] not in _SAYS_NOTHING and (key, inner[key]) != _ONE_GROUP:
                raise UnreadableModel(
                    f"layer {inner.get('name')!r} of class {part['class_name']} has the argument "
                    f"{key}={str(inner[key])[:60]}, which its reader does not know"
                )
            said.add(f"the argument {key}, which says nothing")
        return {**part, "config": {key: each for key, each in inner.items() if key not in unknown}}

    new: Config = rewritten(config, one)
    return new, tuple(sorted(said))


_SAYS_NOTHING: Final[tuple[Any, ...]] = (None, False, [], {}, "")
_ONE_GROUP: Final = ("groups", 1)


def _is_wrapped_number(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"type", "value"}
