"""Labelled photos and what the original network says about them: what its copies are held to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.manifest import Accuracy, Agreement
from inference.model import Model
from training.photos import Named, digest
from training.proof import Scores, measure

# What differs in later digits is rounding, and another processor rounds differently.
_DECIMALS = 4
_ALL = slice(None)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Photos, their `(height, width, 3) uint8` pixels, and the `reference` scores for them.

    Scores are `(photos, classes)`, each 0 to 1.
    """

    photos: Sequence[Named]
    pixels: Sequence[NDArray[np.uint8]]
    reference: Scores

    def accuracy(self, scores: Scores, part: slice = _ALL) -> Accuracy:
        """Share of photos whose best class is the right one."""
        return accuracy_of(self.photos[part], scores[part])

    def agreement(self, scores: Scores, part: slice = _ALL) -> Agreement:
        """How often the best class is the reference's, and the largest distance of two scores."""
        return measure(scores[part], self.reference[part]).agreement()

    def summary(self, name: str, scores: Scores, part: slice = _ALL) -> str:
        """The figures in one line."""
        accuracy, agreement = self.accuracy(scores, part), self.agreement(scores, part)
        return (
            f"{name:<16} {accuracy.pictures:4} photos: {accuracy.top1:6.1%} right, "
            f"{agreement.top1:6.1%} as Keras, scores at most {agreement.max_difference:.4f} off"
        )


def accuracy_of(pictures: Sequence[Named], scores: Scores) -> Accuracy:
    """Share of `pictures` whose best class in `scores`, `(pictures, classes)`, is the right one."""
    right = np.array([picture.index for picture in pictures])
    return Accuracy(
        top1=round(float((scores.argmax(axis=1) == right).mean()), _DECIMALS),
        pictures=len(pictures),
        data_sha256=digest(pictures),
    )


def scores_of(model: Model, pixels: Iterable[NDArray[np.uint8]]) -> Scores:
    """What `model` answers to pictures at its size, one by one, as a service would."""
    return np.stack([model.scores(picture) for picture in pixels])
