"""Which features and which penalty: tried by cross-validation inside what is learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from inference.cores import cores
from training.transfer.course import Course
from training.transfer.heads import Features, Labels, fit, loss_of
from training.transfer.splits import Places

STRENGTHS: Final = (0.001, 0.01, 0.1, 1.0, 10.0)
"""Inverse strengths of the L2 penalty on standardised features, strongest penalty first."""

_NEARER: Final = (1 / 3, 3.0)
"""Times the best strength: what is tried last."""

UNTRIED_STRENGTH: Final = 0.01
"""What is taken when a run is stopped before anything was tried."""

_FEWEST: Final = 2

Part = tuple[int, ...]
Fold = tuple[Places, Places]


@dataclass(frozen=True, slots=True)
class Trial:
    """A set of layers and a strength, and what they came to: mean loss, share of right answers."""

    part: Part
    strength: float
    loss: float
    accuracy: float


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


def best_of(trials: Sequence[Trial], usual: Part) -> tuple[Part, float]:
    """The part and strength of least loss; the usual ones where too little was tried."""
    if len(trials) < _FEWEST:  # a run that was stopped: the strongest penalty alone says nothing
        return usual, UNTRIED_STRENGTH
    best = min(trials, key=lambda trial: trial.loss)
    return best.part, best.strength


def _try(
    part: Part,
    strength: float,
    features: Features,
    labels: Labels,
    classes: int,
    folds: Sequence[Fold],
) -> Trial:
    from threadpoolctl import threadpool_limits

    def measure(fold: Fold) -> tuple[float, int]:
        inside, outside = fold
        head = fit(features[inside], labels[inside], classes, strength)
        scores = head.scores(features[outside])
        right = scores.argmax(axis=1) == labels[outside]
        return loss_of(scores, labels[outside]) * len(outside), int(right.sum())

    # The limit is the process's: were each thread to set and lift its own, one that ends would
    # lift it for those that still count.
    with threadpool_limits(1), ThreadPoolExecutor(cores()) as pool:
        measured = list(pool.map(measure, folds))
    count = sum(len(outside) for _, outside in folds)
    loss, right = (sum(each) / count for each in zip(*measured, strict=True))
    return Trial(part, strength, float(loss), float(right))


def _figures(trials: Sequence[Trial]) -> str:
    if not trials:
        return ""
    best = min(trials, key=lambda trial: trial.loss)
    return f"loss {best.loss:.4f}, {best.accuracy:.1%} right"
