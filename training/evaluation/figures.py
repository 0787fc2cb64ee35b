"""What labelled pictures and a model's answers to them come to, by scikit-learn and SciPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from training.evaluation.asking import Answered
from training.evaluation.reliability import Reliability, reliability

TOP_K: Final = (1, 3, 5)


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `of`, with its 95 % interval after Wilson."""

    count: int
    of: int
    low: float
    high: float

    @classmethod
    def of_counts(cls, count: int, of: int) -> Self:
        """The share `count / of`; `of` is at least 1."""
        from scipy.stats import binomtest

        found = binomtest(count, of).proportion_ci(0.95, method="wilson")
        return cls(count, of, float(found.low), float(found.high))

    @property
    def value(self) -> float:
        """0 to 1."""
        return self.count / self.of


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class. `precision` is None where no picture was taken for it, so that nobody knows.

    `recall` and `f1` are None where no picture is of it.
    """

    index: int
    label: str
    pictures: int
    answered: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class Means:
    """Over the classes that the folder has; a precision that nobody knows counts as 0."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Confusion:
    """`count` pictures of the class `truth` were taken for `answer`; only where any were."""

    truth: int
    answer: int
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that is measured of one model; `top` has a share for each k that tells."""

    top: dict[int, Share]
    classes: tuple[ClassFigures, ...]
    macro: Means
    weighted: Means
    confusion: tuple[Confusion, ...]
    reliability: Reliability
    p50_ms: float
    p95_ms: float

    @property
    def accuracy(self) -> Share:
        """The share of pictures whose best answer is right."""
        return self.top[1]


def measure(answered: Sequence[Answered], labels: Sequence[str]) -> Figures:
    """The figures of at least one answered picture; `labels` are all that the model knows."""
    truth = np.array([each.truth for each in answered])
    answers = np.array([each.answer for each in answered])
    ranks = [_rank(each) for each in answered]
    p50, p95 = np.percentile([each.milliseconds for each in answered], (50, 95))
    return Figures(
        top={
            k: Share.of_counts(sum(rank < k for rank in ranks), len(ranks))
            for k in TOP_K
            if k == 1 or k < len(labels)
        },
        classes=_classes(truth, answers, labels),
        macro=_means(truth, answers, "macro"),
        weighted=_means(truth, answers, "weighted"),
        confusion=_confusion(truth, answers),
        reliability=reliability(np.array([each.score for each in answered]), truth == answers),
        p50_ms=float(p50),
        p95_ms=float(p95),
    )


def _rank(each: Answered) -> int:
    """The place of the right class among the answers, from 0; a large number if none is."""
    classes = [index for index, _ in each.ranked]
    return classes.index(each.truth) if each.truth in classes else max(TOP_K)


def _classes(
    truth: NDArray[np.intp], answers: NDArray[np.intp], labels: Sequence[str]
) -> tuple[ClassFigures, ...]:
    """Every class that a picture is of, or was taken for."""
    from sklearn.metrics import precision_recall_fscore_support

    present = np.union1d(truth, answers)
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, answers, labels=present, zero_division=0.0
    )
    taken = np.bincount(answers, minlength=int(present.max()) + 1)
    return tuple(
        ClassFigures(
            index=int(index),
            label=labels[index],
            pictures=int(support[place]),
            answered=int(taken[index]),
            precision=float(precision[place]) if taken[index] else None,
            recall=float(recall[place]) if support[place] else None,
            f1=float(f1[place]) if support[place] else None,
        )
        for place, index in enumerate(present)
    )


def _means(truth: NDArray[np.intp], answers: NDArray[np.intp], average: str) -> Means:
    from sklearn.metrics import precision_recall_fscore_support

    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, answers, labels=np.unique(truth), average=average, zero_division=0.0
    )
    return Means(float(precision), float(recall), float(f1))


def _confusion(truth: NDArray[np.intp], answers: NDArray[np.intp]) -> tuple[Confusion, ...]:
    """The pairs that there are: with 1,000 classes a matrix is nearly all zeros."""
    pairs, counts = np.unique(np.stack([truth, answers], axis=1), axis=0, return_counts=True)
    return tuple(
        Confusion(int(row), int(column), int(count))
        for (row, column), count in zip(pairs, counts, strict=True)
    )
