"""Whether a course of memory rises: a straight line through blocks of it, and its doubt.

A block counts by its floor, what a tenth of its samples lie below: pictures that are being decoded
come on top of that and go again, and a leak lifts the floor as much as anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BLOCKS = 12
"""Neighbouring samples resemble each other; long blocks hardly do."""

FLOOR = 0.1

_T_95 = {4: 2.776, 10: 2.228}
"""Student's t, two-sided 95 %, by degrees of freedom."""


@dataclass(frozen=True, slots=True)
class Slope:
    """Bytes an hour, and half the width of the 95 % confidence interval."""

    per_hour: float
    doubt: float

    @property
    def is_flat(self) -> bool:
        """Whether the interval holds zero, or all of it lies below."""
        return self.per_hour - self.doubt <= 0

    @property
    def most(self) -> float:
        """The upper end of the interval: what a leak that was not noticed may come to."""
        return self.per_hour + self.doubt

    def reason_against(self, limit: float) -> str | None:
        """Why memory cannot be called flat to within `limit` bytes an hour; None when it can.

        Not to differ from zero is no proof: with doubt enough nothing does.
        """
        if not self.is_flat:
            return f"memory rises: {self}"
        if self.most > limit:
            return (
                f"memory may rise by up to {self.most / 1e6:.1f} MB an hour ({self}), and what may "
                f"is limited to {limit / 1e6:.0f}: a longer soak, or a quieter machine, tells"
            )
        return None

    def __str__(self) -> str:
        """In MB an hour, with the doubt."""
        return f"{self.per_hour / 1e6:+.1f} ± {self.doubt / 1e6:.1f} MB an hour"


def slope(seconds: Sequence[float], values: Sequence[float], blocks: int = BLOCKS) -> Slope:
    """The least-squares line through the floors of blocks; ValueError for too few samples."""
    if len(seconds) < blocks or blocks - 2 not in _T_95:
        raise ValueError(f"{len(seconds)} samples cannot be {blocks} blocks")
    x = np.array([part.mean() for part in np.array_split(np.asarray(seconds) / 3_600, blocks)])
    parts = np.array_split(np.asarray(values, float), blocks)
    y = np.array([np.quantile(part, FLOOR) for part in parts])
    centred = x - x.mean()
    spread = float(centred @ centred)
    per_hour = float(centred @ y) / spread
    residuals = y - y.mean() - per_hour * centred
    error = float(np.sqrt(residuals @ residuals / (blocks - 2) / spread))
    return Slope(per_hour, _T_95[blocks - 2] * error)
