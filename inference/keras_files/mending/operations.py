"""Calls of keras.ops in an H5 file of Keras 3, given back the module that the file left out.

Without it an `x + 3` is taken for the layer `Add`, which knows no numbers.
"""

from __future__ import annotations

from inference.keras_files.documents import Config, rewritten
from inference.keras_files.operations import OPERATIONS
from inference.keras_files.scan import is_bare_operation


def with_modules(config: Config) -> Config:
    """The description in which every operation says where it comes from."""

    def one(part: Config) -> Config:
        if not is_bare_operation(part):
            return part
        name = str(part["class_name"])
        return {**part, "module": f"keras.src.ops.{_part(name)}", "registered_name": name}

    mended: Config = rewritten(config, one)
    return mended


def _part(name: str) -> str:
    return next((part for part, names in OPERATIONS.items() if name in names), "numpy")
