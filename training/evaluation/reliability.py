"""Whether a score means what it says: of answers with a score of 0.7, are 70 in 100 right?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

BINS: Final = 15
"""Equal in width, from 0 to 1: what Guo et al. (2017) and most after them use."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose score lies from `low` to `high`: how sure they were, how often right."""

    low: float
    high: float
    pictures: int
    score: float | None
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """Whether a score means what it says: `ece` is the expected calibration error, 0 to 1.

    The mean over the `bins` of |accuracy − mean score|, weighted by their pictures; `largest` is
    the largest of these distances.
    """

    bins: tuple[Bin, ...]
    ece: float
    largest: float


def reliability(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> Reliability:
    """From the score of each answer, 0 to 1, and whether it was right; at least one of each."""
    from scipy.stats import binned_statistic

    span = (0.0, 1.0)
    means, edges, _ = binned_statistic(scores, [scores, right], "mean", BINS, span)
    counts = binned_statistic(scores, scores, "count", BINS, span).statistic.astype(int)
    bins = tuple(
        Bin(
            low=float(edges[place]),
            high=float(edges[place + 1]),
            pictures=int(count),
            score=float(means[0][place]) if count else None,
            accuracy=float(means[1][place]) if count else None,
        )
        for place, count in enumerate(counts)
    )
    gaps = np.abs(means[1] - means[0])[counts > 0]
    return Reliability(
        bins=bins,
        ece=float(np.average(gaps, weights=counts[counts > 0])),
        largest=float(gaps.max()),
    )
