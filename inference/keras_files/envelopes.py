"""The model in a document that says more around it, or says it in a way of its own.

Descriptions of Keras 0 come out of here in the words of Keras 1.
"""

from __future__ import annotations

from inference.errors import UnreadableModel
from inference.keras_files.documents import Config, rewritten, well_formed
from inference.keras_files.mending.keras0 import as_keras_1, is_graph, is_keras_0
from inference.keras_files.names import CONVERT_BACK

_SCALE = "CustomScaleLayer"
_REGISTERED = f"Custom>{_SCALE}"


def model_in(config: Config, what: str) -> Config:
    """The model that `config` describes, with a class and a configuration.

    Raises `UnreadableModel` for a document that describes none.
    """
    if "class_name" not in config and isinstance(config.get("model_config"), dict):
        config = config["model_config"]  # what a training script writes that saves its config too
    if is_graph(config):
        return {
            "class_name": "Graph",
            "config": config,
            "keras_version": "0",
        }  # the scan refuses it
    if is_keras_0(config):
        with well_formed(what):
            return as_keras_1(config)
    if "class_name" not in config and isinstance(config.get("layers"), list):
        kind = "Functional" if "output_layers" in config else "Sequential"
        config = {"class_name": kind, "config": config}  # model.get_config()
    if not isinstance(config.get("class_name"), str) or "config" not in config:
        raise UnreadableModel(_why_none(config, what))
    model: Config = rewritten(config, _unregistered)
    return model


def _unregistered(part: Config) -> Config:
    """A layer of Keras's own InceptionResNetV2, which Keras 2 registers as if it were custom.

    Nothing else is let through by that name: a reader may yet read the file itself.
    """
    if part.get("class_name") == _REGISTERED:
        return {**part, "class_name": _SCALE}
    if part.get("class_name") == _SCALE and part.get("registered_name") == _REGISTERED:
        return {**part, "registered_name": None}
    return part


def _why_none(config: Config, what: str) -> str:
    """What the document is instead, and what to do."""
    if config.get("format") == "graph-model":
        return (
            f"{what} is a graph of TensorFlow.js, which cannot be turned back into a model of "
            "Keras; hand over the model that it was made from"
        )
    if "modelTopology" in config:
        return f"{what} was written for TensorFlow.js; {CONVERT_BACK}"
    return (
        f"{what} describes no Keras model: it has no class_name and config; write it with "
        "model.to_json()"
    )
