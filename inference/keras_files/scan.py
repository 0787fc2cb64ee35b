"""The static scan of a model's description: everything that it names must be on the list.

It looks at plain JSON, before Keras is imported, in whatever corner of the description a name
stands: in wrappers, in nested models, in arguments of calls, in Keras 1's branches of a merge.
"""

from __future__ import annotations

import re
from typing import Any

from inference.errors import HostileModel, UnreadableModel
from inference.keras_files.calls import check_arguments, layer_name
from inference.keras_files.classes import (
    ACTIVATIONS,
    DANGEROUS,
    GONE,
    LAYERS,
    PARTS,
)
from inference.keras_files.documents import Config, objects, rewritten
from inference.keras_files.limits import MAX_LAYERS
from inference.keras_files.operations import OPERATION_MODULES, OPERATIONS

_OURS = re.compile(
    r"(keras|tf_keras|tensorflow\.keras|tensorflow(_core)?\.python\.keras|keras_applications)(\.\w+)*"
)
# Where tf.keras took its initialisers from.
_INITIALISERS = frozenset(
    f"{root}.python.ops.{module}"
    for root in ("tensorflow", "tensorflow_core")  # the latter in TensorFlow 1.15 and 2.0
    for module in ("init_ops", "init_ops_v2")
)
_OF_TRAINING = ("_initializer", "_regularizer", "_constraint")
_TRAINING = frozenset({"compile_config", "training_config", "optimizer", "loss", "metrics"})


def scan(config: Config, what: str) -> tuple[str, ...]:
    """The classes of all layers that `config` names, each once, sorted.

    Raises `HostileModel` for code, foreign modules and layers that reach outside;
    `UnreadableModel` for a layer that is no class of Keras.
    """
    names = set()
    count = 0
    for part in objects(without_training(config)):
        if "class_name" not in part:
            continue
        name = part["class_name"]
        if not isinstance(name, str):
            raise UnreadableModel(f"{what} holds a class whose name is no text")
        _check_part(part, name, what)
        if name in LAYERS:
            names.add(name)
            count += 1
    if count > MAX_LAYERS:
        raise HostileModel(f"{what} has {count:,} layers; at most {MAX_LAYERS:,} are built")
    return tuple(sorted(names))


def without_training(config: Config) -> Config:
    """The same description without how it was trained: losses and optimisers are never built.

    Nested models may be compiled too; elsewhere a key of such a name is nothing special.
    Initialisers, regularisers and constraints go where Keras has no such class.
    """
    top = {key: value for key, value in config.items() if key not in _TRAINING}
    return {key: rewritten(value, _untrained) for key, value in top.items()}


def trains_its_own_way(config: Config) -> bool:
    """Whether an initialiser, regulariser or constraint is of a class that Keras has not."""
    return any(_is_foreign(key, value) for part in objects(config) for key, value in part.items())


def _untrained(part: Config) -> Config:
    return {
        key: value
        for key, value in part.items()
        if not (key == "compile_config" and "class_name" in part) and not _is_foreign(key, value)
    }


def _is_foreign(key: str, value: Any) -> bool:
    """Whether the argument says how to train and names a class that is neither known nor placed."""
    if not key.endswith(_OF_TRAINING) or not isinstance(value, dict):
        return False
    name = value.get("class_name")
    return (
        isinstance(name, str)
        and name not in LAYERS | PARTS | DANGEROUS.keys()
        and not value.get("module")
        and ">" not in str(value.get("registered_name"))
    )


def _check_part(part: Config, name: str, what: str) -> None:
    if name in DANGEROUS:
        raise HostileModel(
            f"layer {layer_name(part)!r} of {what} is of class {name}: {DANGEROUS[name]}, which is "
            "never run from a model file; build it from Keras's own layers and save it again"
        )
    _check_module(part, name, what)
    _check_registration(part, name, what)
    if name == "function":
        _check_function(part, what)
    elif _is_operation(part):
        if not _is_known_operation(name):
            raise UnreadableModel(f"{what} uses the operation {name}, which is not supported")
    elif name in GONE:
        raise UnreadableModel(
            f"layer {layer_name(part)!r} of {what} is of class {name}, which Keras dropped with "
            "version 2; build it as a Model in the Keras that wrote it, and save that"
        )
    elif name not in LAYERS and name not in PARTS:
        raise UnreadableModel(
            f"layer {layer_name(part)!r} of {what} is of class {name}, which is none of Keras's "
            "own; its program is not in the file. Build it from Keras's layers and save it again, "
            "or hand over a SavedModel"
        )
    check_arguments(part, name, what)


def is_bare_operation(part: Config) -> bool:
    """A node of a graph that is no layer: those of Keras 3 say whether they are trained.

    A few do not, and no operation is called as they are.
    """
    config, name = part.get("config"), part.get("class_name")
    return (
        "inbound_nodes" in part
        and (name not in LAYERS or _is_known_operation(name))
        and "module" not in part
        and isinstance(config, dict)
        and not {"trainable", "layers", "batch_shape", "batch_input_shape"} & config.keys()
        and any(isinstance(node, dict) for node in part["inbound_nodes"] or [])
    )


def _is_known_operation(name: object) -> bool:
    return any(name in names for names in OPERATIONS.values())


def _check_module(part: Config, name: str, what: str) -> None:
    module = part.get("module")
    if module in (None, "") or (module == "builtins" and name in PARTS):
        return
    if name in PARTS and module in _INITIALISERS:
        return
    if not isinstance(module, str) or not _OURS.fullmatch(module):
        raise HostileModel(
            f"{what} takes {name} from the module {str(module)[:80]!r}, which lies outside Keras; "
            "nothing is imported for a model file"
        )


def _check_registration(part: Config, name: str, what: str) -> None:
    """A registered name points into a package of the writer's own: `Custom>MyLayer`."""
    registered = part.get("registered_name")
    if isinstance(registered, str) and ">" in registered:
        package = registered.partition(">")[0]
        if not _OURS.fullmatch(package.lower()):
            raise HostileModel(
                f"{what} takes {name} from the registered package {package[:80]!r}; only Keras's "
                "own classes are built"
            )


def _check_function(part: Config, what: str) -> None:
    called = part.get("config")
    if not isinstance(called, str):
        raise HostileModel(f"{what} carries a function that is not given by name")
    if called not in ACTIVATIONS and part.get("registered_name") not in ACTIVATIONS:
        raise HostileModel(
            f"{what} calls the function {called[:80]!r}, which is none of Keras's activations"
        )


def _is_operation(part: Config) -> bool:
    """Whether the part is a call of keras.ops; H5 files leave its module out."""
    return part.get("module") in OPERATION_MODULES or is_bare_operation(part)
