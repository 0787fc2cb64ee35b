"""Files as Keras 0.3 wrote them, key by key: `to_json` and `save_weights` of `keras/models.py`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py

from tests.inference.keras_files.arithmetic import Array

Layer = tuple[str, dict[str, Any], Sequence[Array]]
"""A class, its arguments, and its weights."""

# What get_config of a layer with weights held besides its own.
TRAINING = {
    "W_constraint": None,
    "W_regularizer": {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.01},
    "activity_regularizer": None,
    "b_constraint": {"name": "MaxNorm", "m": 4, "axis": 0},
    "b_regularizer": None,
    "init": "glorot_uniform",
}


def write(folder: Path, layers: Sequence[Layer]) -> None:
    """A description, and weights in a group for each layer by its number."""
    described = [
        {
            "name": kind,
            "custom_name": kind.lower(),
            "trainable": True,
            "cache_enabled": True,
            **more,
        }
        for kind, more, _ in layers
    ]
    config = {
        "class_mode": "categorical",
        "layers": described,
        "loss": "categorical_crossentropy",
        "name": "Sequential",
        "optimizer": {"decay": 0.0, "lr": 0.01, "momentum": 0.0, "name": "SGD", "nesterov": False},
    }
    (folder / "architecture.json").write_text(json.dumps(config))
    with h5py.File(folder / "weights.h5", "w") as file:
        file.attrs["nb_layers"] = len(layers)
        for place, (_, _, weights) in enumerate(layers):
            group = file.create_group(f"layer_{place}")
            group.attrs["nb_params"] = len(weights)
            for number, array in enumerate(weights):
                group.create_dataset(f"param_{number}", data=array)
