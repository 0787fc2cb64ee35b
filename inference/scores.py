"""From a network's output to scores, and from scores to the best answers."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inference.errors import ModelError

Activation = Literal["softmax", "sigmoid", "none"]


_LEAST_SCORE = 1e-6
"""Scores of 32 bits, or of 8, are 0 and 1 long before the logits behind them have no end."""


def to_scores(
    output: NDArray[np.float32], activation: Activation, temperature: float = 1.0
) -> NDArray[np.float32]:
    """Scores in 0…1 from the `(classes,)` output of a network.

    `activation` is what the network already applied: only logits (`none`) are changed here, by
    a softmax. With a `temperature` (Guo et al., "On Calibration of Modern Neural Networks", ICML
    2017) other outputs too, through the logits behind them. No finite output overflows on the way.
    Raises `ModelError` when the output holds a NaN or an infinity: a score is never NaN.
    """
    if not np.isfinite(output).all():
        raise ModelError("the model answered with numbers that are not finite")
    if activation != "none" and temperature == 1.0:
        return output.clip(0.0, 1.0)
    cooled = logits_of(output, activation) / temperature
    if activation == "sigmoid":
        return np.exp(-np.logaddexp(0, -cooled)).astype(np.float32)
    exponentials = np.exp(cooled - cooled.max())
    scores: NDArray[np.float32] = (exponentials / exponentials.sum()).astype(np.float32)
    return scores


def logits_of(output: NDArray[np.float32], activation: Activation) -> NDArray[np.float64]:
    """The logits behind an output, whatever was applied to them; of a softmax up to a constant."""
    real = output.astype(np.float64)
    if activation == "none":
        return real
    inside = real.clip(_LEAST_SCORE, 1 - _LEAST_SCORE)
    logits: NDArray[np.float64] = np.log(inside)
    return logits if activation == "softmax" else logits - np.log1p(-inside)


def top(scores: NDArray[np.float32], count: int, min_score: float) -> list[tuple[int, float]]:
    """Indices of the `count` best scores that reach `min_score`, and the scores, best first.

    Equal scores keep the order of their classes, so that the same picture always gets the same
    answer.
    """
    best = np.argsort(-scores, kind="stable")[:count]
    best = best[scores[best] >= min_score]
    return list(zip(best.tolist(), scores[best].tolist(), strict=True))
