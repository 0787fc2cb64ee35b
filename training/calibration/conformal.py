"""Split conformal prediction: thresholds that keep an error rate, whatever the network.

For n pictures of the calibrating half, and one more like them, the score of the right class
reaches the ⌈(n + 1)(1 − error)⌉-th largest of theirs with a probability of at least 1 − error.
Sources: Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World", 2005; Sadinle, Lei
and Wasserman, JASA 2019, for this choice of score and for one threshold per class.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

_ROUNDING = 1e-9
"""Of `(n + 1) * (1 - error)` in binary: 20 × 0.95 is 19 and not a little more."""


def place(count: int, error: float) -> int:
    """Which of `count` values, from the best on, keeps the error; above `count` if none does."""
    return ceil((count + 1) * (1 - error) - _ROUNDING)


def fewest(error: float) -> int:
    """How many pictures calibrate at least: with fewer no threshold is low enough."""
    return ceil(1 / error - 1 - _ROUNDING)


def quantile(distances: NDArray[np.float64], rate: float) -> float:
    """A distance that at most a share `rate` of further ones like these exceeds."""
    rank = place(len(distances), rate)
    return float(np.sort(distances)[rank - 1])


def thresholds(
    scores: NDArray[np.float32], truth: NDArray[np.intp], error: float, *, per_class: bool
) -> tuple[float, ...]:
    """One threshold for all classes, or one for each; `scores` is `(n, classes)`.

    There are `fewest(error)` pictures at least, or as many of each class.
    """
    right = scores[np.arange(len(truth)), truth].astype(np.float64)
    if not per_class:
        return (-quantile(-right, error),)
    return tuple(-quantile(-right[truth == index], error) for index in range(scores.shape[1]))


def too_few(
    truth: Sequence[int], labels: Sequence[str], error: float, *, per_class: bool
) -> str | None:
    """Why the calibrating half cannot promise `error`, with figures; None if it can."""
    needed = fewest(error)
    smallest = min(truth.count(index) for index in range(len(labels))) if per_class else len(truth)
    if smallest >= needed:
        return None
    least = 1 / (smallest + 1)
    possible = f"or take --error {ceil(least * 1000) / 1000:g}" if least <= 0.5 else ""
    if not per_class:
        return (
            f"an error of {error:g} needs {needed:,} pictures to calibrate on and as many to "
            f"measure: there are {smallest:,} in the half that calibrates. Give "
            f"{2 * needed:,} or more, {possible}".rstrip(", ")
        )
    few = [label for index, label in enumerate(labels) if truth.count(index) < needed]
    named = ", ".join(few[:3]) + (f" and {len(few) - 3:,} more" if len(few) > 3 else "")
    return (
        f"an error of {error:g} in each class needs {needed:,} pictures of it to calibrate on and "
        f"as many to measure: {named} has fewer, the least {smallest:,}. Give more, leave "
        f"--per-class out, {possible}".rstrip(", ")
    )
