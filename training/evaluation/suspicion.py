"""Whether a model may have learned from the pictures that it is measured on."""

from __future__ import annotations

from typing import Final

from inference.manifest import Accuracy

_CHANCE: Final = 1e-3


def suspicion(right: int, of: int, accuracy: Accuracy | None) -> str | None:
    """What to say where the model is right so much more often than it was that it knew them.

    `accuracy` is its manifest's, None where that has none.
    """
    from scipy.stats import binomtest

    if accuracy is None or right / of <= accuracy.top1:
        return None
    if binomtest(right, of, accuracy.top1, alternative="greater").pvalue > _CHANCE:
        return None
    return (
        f"right on {right / of:.1%} of these pictures, {accuracy.top1:.1%} of "
        f"{accuracy.pictures:,} when it was made: if it learned from these, it is right on others, "
        "and sure of them, less often"
    )
