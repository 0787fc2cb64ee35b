"""How unlike a picture is to those that a model was calibrated on, as distances.

A picture is looked at in several views, each a few numbers. Of each view the calibration keeps
where its pictures lie, one mean for each class or one for all, and how they scatter; a picture
is as far outside as it lies in the view where it lies farthest. Sources: Lee, Lee, Lee and Shin,
"A Simple Unified Framework for Detecting Out-of-Distribution Samples", NeurIPS 2018 (Mahalanobis
distance to the nearest class, here of the logits); docs/calibrate.md has what else was tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

ViewName = Literal["logits", "summary", "pixels"]
Numbers = NDArray[np.float64]

STATISTICS: Final = 9
SUMMARY: Final = 4
_GRIDS: Final = (56, 16)
"""Cells each way on which coarser structure is seen, in a picture that has as many pixels."""
_LEAST_EDGE: Final = 1e-3
_LEAST_COLOUR: Final = 1e-2


@dataclass(frozen=True, slots=True)
class View:
    """Where pictures lie in one view: `means` `(k, d)`, `precision` `(d, d)` of all around them.

    `scale` is the distance that hardly a picture of the calibration exceeds.
    """

    means: Numbers
    precision: Numbers
    scale: float

    def distance(self, numbers: Numbers) -> float:
        """Squared Mahalanobis distance of `(d,)` to the nearest mean, in units of `scale`."""
        apart = self.means - numbers
        squares = np.einsum("ij,jk,ik->i", apart, self.precision, apart)
        return float(squares.min()) / self.scale


def farthest(views: Sequence[tuple[View, Numbers]]) -> float:
    """The distance in the view where the picture lies farthest outside."""
    return max(view.distance(numbers) for view, numbers in views)


def summary(logits: Numbers) -> Numbers:
    """`(classes,)` → `(SUMMARY,)`: how high they reach and how they spread, whatever the class."""
    highest = logits.max()
    energy = highest + np.log(np.exp(logits - highest).sum())
    return np.array([highest, energy, logits.mean(), logits.std()])


def statistics(pixels: NDArray[np.uint8]) -> Numbers:
    """`(height, width, channels)` → `(STATISTICS,)`: brightness, contrast, colour, and edges.

    Edges are the mean step between neighbours, down and across, of pixels and of two grids of
    cells; as logarithms, because they range over powers of ten. A millisecond at 224 × 224.
    """
    # Channel by channel: NumPy is ten times slower along an axis of three.
    channels = [pixels[..., index] for index in range(pixels.shape[-1])]
    grey = np.zeros(pixels.shape[:2], dtype=np.float32)
    for each in channels:
        grey += each
    grey /= 255 * len(channels)
    colour = (reduce(np.maximum, channels) - reduce(np.minimum, channels)).mean() / 255
    seen = (grey, *(_cells(grey, most) for most in _GRIDS))
    steps = [step for each in seen for step in _edges(each)]
    return np.array(
        [
            grey.mean(dtype=np.float64),
            grey.std(dtype=np.float64),
            np.log(colour + _LEAST_COLOUR),
            *np.log(np.array(steps) + _LEAST_EDGE),
        ]
    )


def _edges(grey: NDArray[np.float32]) -> list[float]:
    """The mean step down and across; 0 where a picture is one pixel high or wide."""
    steps = [np.abs(grey[1:] - grey[:-1]), np.abs(grey[:, 1:] - grey[:, :-1])]
    return [float(each.mean(dtype=np.float64)) if each.size else 0.0 for each in steps]


def _cells(grey: NDArray[np.float32], most: int) -> NDArray[np.float32]:
    """Means over at most `most` cells each way, nearly equal in size."""
    rows, columns = (np.linspace(0, size, min(size, most) + 1).astype(int) for size in grey.shape)
    sums = np.add.reduceat(np.add.reduceat(grey, rows[:-1], axis=0), columns[:-1], axis=1)
    means: NDArray[np.float32] = np.divide(
        sums, np.outer(np.diff(rows), np.diff(columns)), dtype=np.float32
    )
    return means
