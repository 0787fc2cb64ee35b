"""Scientific grey values, 16-bit, 32-bit or float, brought to the 8 bits that models see."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_grey(values: NDArray[Any], mode: str) -> NDArray[np.uint8]:
    """The `(height, width)` values of a picture in Pillow's `mode` as uint8.

    Black is 0 and whatever lies below, or is no number. White is 65,535 in a 16-bit mode;
    elsewhere it is the first of 1 (float only), 255 and 65,535 that no value exceeds, or the
    largest value itself.
    """
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    scale = np.float32(255.0 / _white(float(finite.max(initial=0)), mode))
    grey: NDArray[np.uint8] = np.rint(np.clip(finite.astype(np.float32) * scale, 0, 255)).astype(
        np.uint8
    )
    return grey


def _white(peak: float, mode: str) -> float:
    """The value that becomes white, for a picture whose largest value is `peak`."""
    if mode.startswith("I;16"):
        return 65_535.0
    tops = (1.0, 255.0, 65_535.0) if mode == "F" else (255.0, 65_535.0)
    return next((top for top in tops if peak <= top), peak)
