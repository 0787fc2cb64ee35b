"""Keras files as people have them: found, looked at without running anything, loaded, mended.

`find_model_files` tells from names what is there, `inspect` looks inside without TensorFlow and
refuses what is hostile, `load` builds the model with Keras 3 or with tf-keras.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.keras_files.names import ModelFiles, find_model_files

if TYPE_CHECKING:
    from pathlib import Path

    from inference.keras_files.inspection import Inspection
    from inference.keras_files.loading import LoadedModel

__all__ = ["ModelFiles", "find_model_files", "inspect", "load"]


def inspect(folder: Path) -> Inspection:
    """What the model in `folder` is; see `inference.keras_files.inspection.inspect`."""
    from inference.keras_files.inspection import inspect as look  # h5py comes with TensorFlow

    return look(folder)


def load(folder: Path) -> LoadedModel:
    """The model in `folder`; see `inference.keras_files.loading.load`."""
    from inference.keras_files.loading import load as build  # takes TensorFlow's four seconds

    return build(folder)
