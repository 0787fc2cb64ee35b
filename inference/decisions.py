"""The rules that decide: which labels an answer stands for, and whether anybody need look again.

Plain values in, plain values out. Source: Sadinle, Lei and Wasserman, "Least Ambiguous
Set-Valued Classifiers with Bounded Error Levels", JASA 2019 (LAC), as split conformal prediction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Decision = Literal["accept", "review", "unknown"]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided about one picture, and the classes in its set, the best first."""

    decision: Decision
    classes: tuple[int, ...]


def label_set(scores: NDArray[np.float32], thresholds: Sequence[float]) -> tuple[int, ...]:
    """The classes whose score reaches its threshold, the best first; there may be none.

    `scores` is `(classes,)`; `thresholds` has one value for all classes, or one for each. Equal
    scores keep the order of their classes.
    """
    reaches = scores >= np.asarray(thresholds, dtype=np.float64)
    order = np.argsort(-scores, kind="stable")
    return tuple(int(index) for index in order if reaches[index])


def rule(scores: NDArray[np.float32], thresholds: Sequence[float], *, outside: bool) -> Ruling:
    """`unknown` for a picture unlike all others; `accept` where the best class stands alone.

    Everything between is `review`: several classes are likely enough, or none is, or the one that
    reaches its own threshold is not the best.
    """
    classes = label_set(scores, thresholds)
    if outside:
        return Ruling("unknown", classes)
    alone = classes == (int(scores.argmax()),)
    return Ruling("accept" if alone else "review", classes)
