"""The arguments of a layer that could name code, a function or a file."""

from __future__ import annotations

import json

from inference.errors import HostileModel
from inference.keras_files.classes import READS_FILES
from inference.keras_files.documents import Config
from inference.keras_files.operations import TF_FUNCTIONS, TF_OPERATIONS
from inference.keras_files.protobuf import first

_CODE_TYPES = frozenset({"mode_type", "output_shape_type", "output_mask_type", "function_type"})


def layer_name(part: Config) -> str:
    """What a person calls the layer: its own name, or failing that its class."""
    inner = part.get("config")
    named = inner.get("name") if isinstance(inner, dict) else None
    return str(named or part.get("name") or part.get("class_name"))[:80]


def check_arguments(part: Config, name: str, what: str) -> None:
    """The few arguments that could name code, a function or a file."""
    config = part.get("config")
    if not isinstance(config, dict):
        return
    for key in _CODE_TYPES & config.keys():
        if config[key] not in (None, "raw"):
            raise HostileModel(
                f"layer {layer_name(part)!r} of {what} carries program code in {key!r}"
            )
    if name in READS_FILES and isinstance(config.get("vocabulary"), str):
        raise HostileModel(f"layer {layer_name(part)!r} of {what} reads its vocabulary from a file")
    if name in ("TFOpLambda", "SlicingOpLambda"):
        called = str(config.get("function"))
        if called not in TF_FUNCTIONS:
            raise HostileModel(
                f"layer {layer_name(part)!r} of {what} calls tf.{called[:60]}, which "
                "is not among the operations that are run from a file"
            )
    elif name == "TensorFlowOpLayer":
        operation = _operation(config.get("node_def"))
        if operation not in TF_OPERATIONS:
            raise HostileModel(
                f"layer {layer_name(part)!r} of {what} holds the operation {operation[:60]!r}, "
                "which is not among those that are run from a file"
            )
    elif "function" in config:
        raise HostileModel(f"layer {layer_name(part)!r} of {what} carries a function")


def _operation(node: object) -> str:
    """The operation in the `node_def` of a TensorFlowOpLayer: JSON, its text, or a protobuf's."""
    if isinstance(node, str):
        try:
            node = json.loads(node)
        except RecursionError:
            return "?"
        except ValueError:
            return _operation_of_protobuf(str(node))
    return str(node.get("op", "?")) if isinstance(node, dict) else "?"


def _operation_of_protobuf(node: str) -> str:
    try:
        return first(memoryview(node.encode()), 2) or "?"
    except ValueError:
        return "?"
