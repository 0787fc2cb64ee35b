"""Whether one way is better than another by more than noise, on the same pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Losses = NDArray[np.float64]

_STANDARD_ERRORS = 2.0


def is_more_than_noise(gains: Losses) -> bool:
    """Whether the mean of `(n,)` gains, one for each picture, is two standard errors above 0."""
    if len(gains) < 2:
        return False
    return bool(gains.mean() > _STANDARD_ERRORS * gains.std(ddof=1) / np.sqrt(len(gains)))
