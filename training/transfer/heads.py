"""The head: multinomial logistic regression on the features of a frozen backbone.

It is convex: there is one best head for each strength, no learning rate, no epoch at which to
stop, and the same features always give the same head.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]
Labels = NDArray[np.intp]

_MOST_ITERATIONS: Final = 3_000
_TOLERANCE: Final = 1e-5
"""Of the gradient; at scikit-learn's 1e-4 weakly penalised heads on digits end a point too low."""
_LEAST_DEVIATION: Final = 1e-6
_LEAST_SCORE: Final = 1e-12
MOST_DECORRELATED: Final = 700
"""Features. How more of them vary together, such as a network's last map, a few hundred pictures
do not tell: it was no better there, and slow."""
_LEAST_VARIANCE: Final = 1e-4
"""Of a direction inside the classes, where the features' own variance is 1."""


@dataclass(frozen=True, slots=True)
class Head:
    """`logits = features @ kernel + bias`, on features as they come."""

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]

    def scores(self, features: Features) -> NDArray[np.float64]:
        """`(n, classes)`, each row a softmax."""
        logits = features.astype(np.float64) @ self.kernel + self.bias
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        scores: NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
        return scores


def fit(features: Features, labels: Labels, classes: int, strength: float) -> Head:
    """The best head for one strength; rare classes weigh as much as frequent ones.

    `features` is `(n, features)`, or `(n, views, features)` where each picture was seen in several
    views: they share its weight, so a strength means the same for any number of them.
    They are standardised, and where there are no more than `MOST_DECORRELATED` half decorrelated,
    so that the penalty spares the directions that tell classes apart.
    """
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    weights = None
    if features.ndim == 3:
        views = features.shape[1]
        features, labels = features.reshape(-1, features.shape[2]), np.repeat(labels, views)
        weights = np.full(len(labels), 1 / views)
    mean = features.mean(axis=0, dtype=np.float64)
    deviation = np.maximum(features.std(axis=0, dtype=np.float64), _LEAST_DEVIATION)
    standard = ((features - mean) / deviation).astype(np.float32)
    model = LogisticRegression(
        C=strength, class_weight="balanced", max_iter=_MOST_ITERATIONS, tol=_TOLERANCE
    )
    # One thread: matrices this small are multiplied up to 18 times slower by two that wait for
    # each other, and sums of one thread are the same on every machine with this processor.
    with threadpool_limits(1):
        turned = _turned(standard, labels) if are_decorrelated(features.shape[-1]) else None
        seen = standard if turned is None else (standard @ turned).astype(np.float32)
        model.fit(seen, labels, sample_weight=weights)
    kernel, bias = model.coef_.astype(np.float64), model.intercept_.astype(np.float64)
    if classes == 2:  # scikit-learn keeps the difference of the two
        kernel, bias = np.concatenate([-kernel, kernel]) / 2, np.concatenate([-bias, bias]) / 2
    kernel = kernel.T if turned is None else turned @ kernel.T
    kernel = kernel / deviation[:, np.newaxis]
    bias = bias - mean @ kernel
    return Head(kernel.astype(np.float32), bias.astype(np.float32))


def are_decorrelated(count: int) -> bool:
    """Whether so many features are, before a head is fitted on them."""
    return count <= MOST_DECORRELATED


def _turned(standard: Features, labels: Labels) -> NDArray[np.float64]:
    """`(features, features)`: the covariance inside the classes to the power of −1/4.

    At −1/2 nothing of it would be left; half-way helped most sets of pictures, and was level on
    the others.
    It is shrunk as few samples ask: Ledoit and Wolf, "A well-conditioned estimator for
    large-dimensional covariance matrices", 2004.
    """
    from sklearn.covariance import LedoitWolf

    present, place_of = np.unique(labels, return_inverse=True)
    means = np.stack([standard[labels == each].mean(axis=0) for each in present])
    inside = (standard - means[place_of]).astype(np.float64)
    shrunk = LedoitWolf(assume_centered=True).fit(inside).covariance_
    variances, directions = np.linalg.eigh(shrunk)
    turned: NDArray[np.float64] = (
        directions * np.maximum(variances, _LEAST_VARIANCE) ** -0.25
    ) @ directions.T
    return turned


def losses_of(scores: NDArray[np.float64], labels: Labels) -> NDArray[np.float64]:
    """The cross-entropy of each picture, `(n,)`, never infinite."""
    likely = scores[np.arange(len(labels)), labels]
    losses: NDArray[np.float64] = -np.log(np.maximum(likely, _LEAST_SCORE))
    return losses
