"""Fitting how pictures lie, so that what is unlike them can be told: see `inference.outsiders`."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.calibration import Outside, Scatter
from inference.outsiders import View, ViewName, summary
from training.calibration.conformal import quantile

RATE: Final = 0.02
"""The share of the model's own pictures that may be taken for something else."""
FEWEST: Final = 19
_MOST_CLASSES: Final = 64
"""With more, too few pictures of each tell where its logits lie; their summary has to do."""
_FOLDS: Final = 5
_LEAST_DEVIATION: Final = 1e-3
"""Of a number that hardly changes: what is rounded in it does not make a picture an outsider."""
_LEAST_VARIANCE: Final = 1e-6
_LEAST_SCALE: Final = 1e-2
_DIGITS: Final = 9

Numbers = NDArray[np.float64]


def fit_outside(logits: Numbers, pixels: Numbers, truth: NDArray[np.intp]) -> Outside:
    """What tells outsiders from `(n, classes)` logits and `(n, STATISTICS)` of the same pictures.

    The threshold comes from distances of pictures to what was fitted without them, in five folds
    (cross-conformal prediction: Vovk, 2015). With few pictures the rate is as low as their number
    allows; there are `FEWEST` at least.
    """
    from sklearn.model_selection import KFold

    seen: dict[ViewName, Numbers] = {
        "pixels": pixels,
        "summary": np.stack([summary(row) for row in logits]),
    }
    if logits.shape[1] <= _MOST_CLASSES:
        seen["logits"] = logits
    rate = max(RATE, 1 / (len(truth) + 1))
    distances: dict[ViewName, Numbers] = {of: np.empty(len(truth)) for of in seen}
    for inside, outside in KFold(_FOLDS, shuffle=True, random_state=0).split(truth):
        for of, numbers in seen.items():
            view = _fit(of, numbers[inside], truth[inside])
            distances[of][outside] = [view.distance(row) for row in numbers[outside]]
    scales = {of: max(quantile(each, rate), _LEAST_SCALE) for of, each in distances.items()}
    largest = np.max([distances[of] / scales[of] for of in seen], axis=0)
    views = {of: _fit(of, numbers, truth) for of, numbers in seen.items()}
    return Outside(
        rate=rate,
        threshold=_rounded(max(1.0, quantile(largest, rate))),
        views=[
            Scatter(
                of=of,
                means=_rows(view.means),
                precision=_rows(view.precision),
                scale=_rounded(scales[of]),
            )
            for of, view in views.items()
        ],
    )


def _fit(of: ViewName, numbers: Numbers, truth: NDArray[np.intp]) -> View:
    """Means, of each class for logits, and one precision around them, shrunk as few samples ask.

    Source: Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance
    matrices", 2004, after each number was divided by its deviation.
    """
    from sklearn.covariance import LedoitWolf
    from threadpoolctl import threadpool_limits

    groups = truth if of == "logits" else np.zeros_like(truth)
    present, place_of = np.unique(groups, return_inverse=True)
    means = np.stack([numbers[groups == index].mean(axis=0) for index in present])
    apart = numbers - means[place_of]
    deviation = np.maximum(apart.std(axis=0), _LEAST_DEVIATION)
    with threadpool_limits(1):  # the same sums on any number of cores
        shrunk = LedoitWolf(assume_centered=True).fit(apart / deviation).covariance_
        precision = np.linalg.inv(shrunk + _LEAST_VARIANCE * np.eye(len(shrunk)))
    return View(means, precision / np.outer(deviation, deviation), 1.0)


def _rows(numbers: Numbers) -> list[list[float]]:
    return [[_rounded(value) for value in row] for row in numbers.tolist()]


def _rounded(value: float) -> float:
    """To nine digits, of which another processor changes none that matters."""
    return float(f"{value:.{_DIGITS}g}")
