"""What some commands need and serving does not: looked for before they begin."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from inference.errors import OperatorError

MODELS: Final = ("h5py", "tensorflow", "tf_keras")
"""Reads Keras files and makes models of them."""

FIGURES: Final = ("scipy", "sklearn")
"""Fits and measures."""

PAGES: Final = ("jinja2", "matplotlib")
"""Writes pages with plots."""


def need(*modules: str) -> None:
    """Raise `OperatorError`, which says how they are installed, unless all `modules` are there."""
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise OperatorError(
            f"this needs {', '.join(missing)}, not installed here: make install-tensorflow"
        )
