"""From a network's output to scores, and from scores to the best answers."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inference.errors import ModelError

Activation = Literal["softmax", "sigmoid", "none"]


def to_scores(output: NDArray[np.float32], activation: Activation) -> NDArray[np.float32]:
    """Scores in 0…1 from the `(classes,)` output of a network.

    `activation` is what the network already applied: only logits (`none`) are changed here, by
    a softmax shifted by its maximum so that it cannot overflow. Raises `ModelError` when the
    output holds a NaN or an infinity: a score is never NaN.
    """
    if not np.isfinite(output).all():
        raise ModelError("the model answered with numbers that are not finite")
    if activation == "none":
        exponentials = np.exp(output - output.max())
        return np.asarray(exponentials / exponentials.sum(), dtype=np.float32)
    return output.clip(0.0, 1.0)


def top(scores: NDArray[np.float32], count: int, min_score: float) -> list[int]:
    """Indices of the `count` best scores that reach `min_score`, best first.

    Equal scores keep the order of their classes, so that the same picture always gets the same
    answer.
    """
    best = np.argsort(-scores, kind="stable")[:count]
    return [int(index) for index in best if scores[index] >= min_score]
