"""What is learned from: the pictures that were seen, their features, and ways to part them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.errors import ModelError
from training.transfer.course import Course, Interrupted
from training.transfer.heads import Features, Labels
from training.transfer.splits import folds
from training.transfer.survey import Sample
from training.transfer.trials import Fold, Part

_FOLDS: Final = 5
_FEWER_FOLDS: Final = 3
_MANY: Final = 1_000
_FEWEST: Final = 2


@dataclass(frozen=True, slots=True)
class Lesson:
    """The pictures that were seen: `features` of all layers `(n, features)`, and their classes.

    `folds` are ways to part them for cross-validation; none where the run was stopped.
    """

    samples: tuple[Sample, ...]
    features: Features
    widths: tuple[int, ...]
    classes: Labels
    labels: int
    folds: tuple[Fold, ...]

    def of(self, part: Part, features: Features | None = None) -> Features:
        """The columns of the layers in `part`, of these features or of others like them."""
        whole = self.features if features is None else features
        if whole.shape[-1] != sum(self.widths):
            raise ModelError("the work folder holds features of another backbone: remove it")
        ends = np.cumsum([0, *self.widths])
        return np.concatenate([whole[..., ends[at] : ends[at + 1]] for at in part], axis=-1)


def lesson_of(
    wanted: Sequence[Sample],
    features: Features,
    there: NDArray[np.bool_],
    widths: tuple[int, ...],
    labels: int,
    seed: int,
    course: Course,
) -> Lesson:
    """What was seen, once every class was seen twice; raises `Interrupted` before."""
    samples = tuple(each for each, seen in zip(wanted, there, strict=True) if seen)
    classes = np.array([each.index for each in samples], np.intp)
    if len(samples) == 0 or np.bincount(classes, minlength=labels).min() < _FEWEST:
        raise Interrupted
    count = _FEWER_FOLDS if len(samples) > _MANY else _FOLDS
    ways = () if course.stopped else tuple(folds(samples, count, seed))
    return Lesson(samples, features[there], widths, classes, labels, ways)
