"""Scientific grey values, 16-bit, 32-bit or float, brought to the 8 bits that models see.

Cameras of 10, 12 or 14 bits put their values into files of 16. Where a TIFF says so its white is
theirs; nothing is told from the values, or a dark picture would come out bright and two pictures
of one series differently. A PNG says nothing of the kind: its `sBIT` tells how exact the values
are, and the standard has them scaled to all 16 bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Tags of TIFF; the last two are for any camera's largest value, and the first for its bits.
_BITS, _PHOTOMETRIC, _MAX, _SMAX = 258, 262, 281, 341
_WHITE_IS_ZERO = 0
_DEPTHS = range(9, 16)


def declared_white(tags: Mapping[int, Any]) -> float | None:
    """The largest value that a camera of 9 to 15 bits can give, where a TIFF's tags say so.

    That is its bits a sample, or else a largest value of 2^n - 1. Other largest values are those
    of the picture itself, by which the standard lets no picture look different.
    """
    bits = _only(tags.get(_BITS))
    if bits in _DEPTHS:
        return float(2 ** int(bits) - 1)
    whites = {2.0**depth - 1 for depth in _DEPTHS}
    return next((top for tag in (_SMAX, _MAX) if (top := _only(tags.get(tag))) in whites), None)


def is_negative(tags: Mapping[int, Any]) -> bool:
    """Whether a TIFF's tags say that zero is white: Pillow heeds it for up to 8 bits only."""
    return tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO


def _only(value: Any) -> float:
    """The one number that a tag holds, or else one that is none."""
    values = value if isinstance(value, tuple) else (value,)
    number = values[0] if len(values) == 1 else None
    return float(number) if isinstance(number, int | float) else float("nan")


def to_grey(values: NDArray[Any], mode: str, white: float | None = None) -> NDArray[np.uint8]:
    """The `(height, width)` values of a picture in Pillow's `mode` as uint8.

    Black is 0 and whatever lies below, or is no number. In a 16-bit mode white is what the
    file declares, or 65,535; elsewhere it is the first of 1 (float only), 255 and 65,535 that no
    value exceeds, or the largest value itself.
    """
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    scale = np.float32(255.0 / _white(float(finite.max(initial=0)), mode, white))
    grey: NDArray[np.uint8] = np.rint(np.clip(finite.astype(np.float32) * scale, 0, 255)).astype(
        np.uint8
    )
    return grey


def _white(peak: float, mode: str, declared: float | None) -> float:
    """The value that becomes white, for a picture whose largest value is `peak`."""
    if mode.startswith("I;16"):
        return declared or 65_535.0
    tops = (1.0, 255.0, 65_535.0) if mode == "F" else (255.0, 65_535.0)
    return next((top for top in tops if peak <= top), peak)
