"""Which features and which penalty: tried by cross-validation inside what is learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from inference.cores import cores
from training.transfer.course import Course
from training.transfer.heads import Features, Labels, fit, losses_of
from training.transfer.noise import Losses, is_more_than_noise
from training.transfer.splits import Places

STRENGTHS: Final = (0.001, 0.01, 0.1, 1.0, 10.0)
"""Inverse strengths of the L2 penalty on standardised features, strongest penalty first."""

_NEARER: Final = (1 / 3, 3.0)
"""Times the best strength: what is tried last."""

_WITH_VIEWS: Final = (1 / 3, 1.0, 3.0)
"""The same for features of other views."""

AS_THEY_ARE: Final = "as they are"
"""The way to learn from pictures without other views of them."""

UNTRIED_STRENGTH: Final = 0.01
"""What is taken when a run is stopped before anything was tried."""

_FEWEST: Final = 2

Part = tuple[int, ...]
Fold = tuple[Places, Places]


@dataclass(frozen=True, slots=True)
class Trial:
    """A set of layers, a strength and a way, and what they came to, on pictures as they are.

    `losses` are cross-entropies, one for each picture in the order of the folds; `accuracy` is the
    share of right answers.
    """

    part: Part
    strength: float
    losses: Losses = field(compare=False, repr=False)
    accuracy: float
    way: str = AS_THEY_ARE

    @property
    def loss(self) -> float:
        """The mean of `losses`."""
        return float(self.losses.mean())


def try_all(
    parts: Mapping[Part, Features],
    labels: Labels,
    classes: int,
    folds: Sequence[Fold],
    course: Course,
) -> list[Trial]:
    """A trial for each part and strength that may be the best; fewer if the run is stopped.

    The loss has one valley in the strength, so a part is left when it has risen twice; on both
    sides of the best strength a nearer one is tried.
    """
    steps = len(parts) * len(STRENGTHS)
    course.phase("choosing features and penalty by cross-validation", steps + len(_NEARER))
    trials: list[Trial] = []
    for number, (part, features) in enumerate(parts.items()):
        losses: list[float] = []
        for done, strength in enumerate(STRENGTHS, start=number * len(STRENGTHS)):
            course.step(done, _figures(trials))
            if course.stopped:
                return trials
            trials.append(_try(part, strength, features, labels, classes, folds))
            losses.append(trials[-1].loss)
            if len(losses) > 2 and losses[-1] > losses[-2] > losses[-3]:
                break
    best = min(trials, key=lambda trial: trial.loss)
    for done, times in enumerate(_NEARER, start=steps):
        course.step(done, _figures(trials))
        if not course.stopped:
            strength, features = best.strength * times, parts[best.part]
            trials.append(_try(best.part, strength, features, labels, classes, folds))
    return trials


def try_views(
    best: Trial,
    ways: Mapping[str, Features],
    labels: Labels,
    classes: int,
    folds: Sequence[Fold],
    course: Course,
) -> list[Trial]:
    """Trials of the layers of `best` where other views are learned from as well.

    Each of `ways` is `(n, views, features)`, the picture as it is first; what is left out of a
    fold is looked at as it is.
    """
    course.phase("choosing views by cross-validation", len(ways) * len(_WITH_VIEWS))
    trials: list[Trial] = []
    for way, features in ways.items():
        for times in _WITH_VIEWS:
            course.step(len(trials), _figures([best, *trials]))
            if course.stopped:
                return trials
            strength = best.strength * times
            trials.append(_try(best.part, strength, features, labels, classes, folds, way))
    return trials


def choose_way(plain: Trial, others: Sequence[Trial]) -> Trial:
    """Of the best of each way that with the most views, unless it is worse by more than noise.

    `others` come with more and more views. Pictures of one folder are more alike than those that
    a model meets later, so cross-validation sees less of what views are good for than there is.
    """
    ways: dict[str, list[Trial]] = {AS_THEY_ARE: [plain]}
    for each in others:
        ways.setdefault(each.way, []).append(each)
    bests = [min(tried, key=lambda trial: trial.loss) for tried in ways.values()]
    least = min(bests, key=lambda trial: trial.loss)
    good = [each for each in bests if not is_more_than_noise(each.losses - least.losses)]
    return good[-1]


def best_of(trials: Sequence[Trial]) -> Trial | None:
    """The one of least loss; None where too little was tried to say."""
    if len(trials) < _FEWEST:  # a run that was stopped: the strongest penalty alone says nothing
        return None
    return min(trials, key=lambda trial: trial.loss)


def _try(
    part: Part,
    strength: float,
    features: Features,
    labels: Labels,
    classes: int,
    folds: Sequence[Fold],
    way: str = AS_THEY_ARE,
) -> Trial:
    from threadpoolctl import threadpool_limits

    plain = features[:, 0] if features.ndim == 3 else features

    def measure(fold: Fold) -> tuple[Losses, int]:
        inside, outside = fold
        head = fit(features[inside], labels[inside], classes, strength)
        scores = head.scores(plain[outside])
        right = scores.argmax(axis=1) == labels[outside]
        return losses_of(scores, labels[outside]), int(right.sum())

    # The limit is the process's: were each thread to set and lift its own, one that ends would
    # lift it for those that still count.
    with threadpool_limits(1), ThreadPoolExecutor(cores()) as pool:
        measured = list(pool.map(measure, folds))
    losses = np.concatenate([each for each, _ in measured])
    accuracy = sum(right for _, right in measured) / len(losses)
    return Trial(part, strength, losses, accuracy, way)


def _figures(trials: Sequence[Trial]) -> str:
    if not trials:
        return ""
    best = min(trials, key=lambda trial: trial.loss)
    return f"loss {best.loss:.4f}, {best.accuracy:.1%} right"
