"""What makes a network that runs the wrong one to publish: rules about plain values."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.errors import ModelError
from inference.plurals import counted
from inference.scores import Activation

_SUM_TOLERANCE: Final = 1e-3


def classes_for(outputs: int, labels: int | None) -> int:
    """How many classes a network of `outputs` has for `labels`; `ModelError` if they differ.

    One output and two labels are two classes: the output says how likely the second is. Without
    labels there are as many classes as a network of such outputs has.
    """
    if labels is None:
        return max(outputs, 2)
    if outputs == labels or (outputs, labels) == (1, 2):
        return labels
    what = f"the network gives {counted(outputs, 'number')} for {counted(labels, 'label')}"
    if outputs == labels + 1:
        raise ModelError(
            f"{what}: one class too many is most often a background class, which comes first; "
            "then write 'background' above the first label"
        )
    raise ModelError(f"{what}: labels.txt has one label a line, in the order of the output")


def check_finite(outputs: NDArray[np.float32]) -> None:
    """`ModelError` for a network that answers an ordinary picture with NaN or infinity."""
    bad = ~np.isfinite(outputs).all(axis=1)
    if bad.any():
        raise ModelError(
            f"the network answers {int(bad.sum())} of {counted(len(outputs), 'picture')} with "
            "numbers that are not finite: its weights hold NaN or infinity, or are far too large"
        )


def judge_activation(named: str | None, outputs: NDArray[np.float32]) -> Activation:
    """What the network applied to its logits: `named` by its last layer, seen in `outputs`.

    `outputs` is `(pictures, classes)`. Raises `ModelError` where the two contradict each other.
    """
    are_scores = bool(((outputs >= 0) & (outputs <= 1 + _SUM_TOLERANCE)).all())
    sum_to_one = are_scores and bool(np.abs(outputs.sum(axis=1) - 1).max() < _SUM_TOLERANCE)
    if named == "softmax" and outputs.shape[1] == 1:
        raise ModelError("the network ends in a softmax over one output, which is always 1")
    if named == "softmax" and not sum_to_one:
        raise ModelError(
            "the network ends in a softmax and its scores do not add up to 1: the softmax is "
            "not taken over the classes"
        )
    if sum_to_one and outputs.shape[1] > 1:
        return "softmax"
    if named == "sigmoid" or (named is None and are_scores):
        return "sigmoid"
    return "none"
