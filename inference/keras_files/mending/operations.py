"""Calls of keras.ops in an H5 file of Keras 3, given back the module that the file left out.

Without it an `x + 3` is taken for the layer `Add`, which knows no numbers.
"""

from __future__ import annotations

from typing import Any

from inference.keras_files.documents import Config
from inference.keras_files.operations import OPERATIONS
from inference.keras_files.scan import is_bare_operation


def with_modules(config: Config) -> Config:
    """The description in which every operation says where it comes from."""

    def one(value: Any) -> Any:
        if isinstance(value, list):
            return [one(each) for each in value]
        if not isinstance(value, dict):
            return value
        new = {key: one(each) for key, each in value.items()}
        if is_bare_operation(value):
            part = _part(str(value["class_name"]))
            new |= {"module": f"keras.src.ops.{part}", "registered_name": value["class_name"]}
        return new

    mended: Config = one(config)
    return mended


def _part(name: str) -> str:
    return next((part for part, names in OPERATIONS.items() if name in names), "numpy")
