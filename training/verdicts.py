"""Which of several recipes a network was trained with, judged from its answers to pictures.

Pure functions of figures. Two recipes are compared picture by picture: a sign-flip permutation
test on the differences of their log-likelihoods says how sure the better one is better. With n
pictures it is never surer than 1 - 2^-n, so that a handful decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.recipes import NamedRecipe

SURE: Final = 0.95
"""A recipe counts as better than another when it is at least this sure."""

_FLIPS: Final = 4_000
_FLOOR: Final = 1e-7
_TEMPERATURES: Final = tuple(float(each) for each in np.geomspace(0.2, 10, 40))


@dataclass(frozen=True, slots=True)
class Trial:
    """One recipe, and the score of the right class for each picture (and whether it was best)."""

    named: NamedRecipe
    log_likelihoods: NDArray[np.float64]
    hits: NDArray[np.bool_]

    @property
    def accuracy(self) -> float:
        """Share of pictures whose best class is the right one."""
        return float(self.hits.mean())

    @property
    def log_likelihood(self) -> float:
        """Mean natural logarithm of the right class's score, at the best temperature."""
        return float(self.log_likelihoods.mean())


@dataclass(frozen=True, slots=True)
class Verdict:
    """The recipe that fits best, those that cannot be told from it, and how sure that is.

    `sure` compares the best with the next best that it is told from, or else with the next best.
    """

    best: Trial
    rivals: tuple[Trial, ...]
    sure: float

    @property
    def clear(self) -> bool:
        """Whether no other recipe may be meant."""
        return not self.rivals


def trial(named: NamedRecipe, scores: NDArray[np.float32], right: NDArray[np.intp]) -> Trial:
    """The figures of `scores`, `(pictures, classes)`, where `right` is each picture's class.

    They are sharpened or softened first, all alike, as makes them most likely: a recipe with more
    contrast makes a network surer of all that it says, and that alone is no merit.
    """
    logits = np.log(np.maximum(scores.astype(np.float64), _FLOOR))
    tempered = max(
        (_log_likelihoods(logits / temperature, right) for temperature in _TEMPERATURES),
        key=lambda each: float(each.mean()),
    )
    return Trial(named, tempered, scores.argmax(axis=1) == right)


def _log_likelihoods(logits: NDArray[np.float64], right: NDArray[np.intp]) -> NDArray[np.float64]:
    """Logarithm of the right class's share in the softmax of `logits`, for each picture."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    whole = np.log(np.exp(shifted).sum(axis=1))
    found: NDArray[np.float64] = shifted[np.arange(len(right)), right] - whole
    return found


def judge(trials: Sequence[Trial]) -> Verdict:
    """The best of `trials` by log-likelihood; of equals the first."""
    ranked = sorted(trials, key=lambda each: -each.log_likelihood)
    best, others = ranked[0], ranked[1:]
    surenesses = [sureness(best, other) for other in others]
    rivals = tuple(other for other, sure in zip(others, surenesses, strict=True) if sure < SURE)
    return Verdict(best, rivals, min(surenesses, default=1.0))


def sureness(better: Trial, other: Trial) -> float:
    """How sure the first fits better than the second: 1 minus the p-value of the flip test."""
    differences = better.log_likelihoods - other.log_likelihoods
    observed = differences.mean()
    if observed <= 0:
        return 0.0
    signs = np.random.default_rng(0).choice((-1.0, 1.0), (_FLIPS, len(differences)))
    reached = int(((signs * differences).mean(axis=1) >= observed - 1e-12).sum())
    return 1.0 - (1 + reached) / (1 + _FLIPS)


def beats_chance(hits: NDArray[np.bool_], right: NDArray[np.intp]) -> bool:
    """Whether so many right answers are more than luck, at `SURE`.

    Luck is to answer always the class that most of the pictures show: a binomial tail.
    """
    count, successes = len(hits), int(hits.sum())
    luck = float(np.bincount(right).max()) / count
    tail = sum(
        comb(count, k) * luck**k * (1 - luck) ** (count - k) for k in range(successes, count + 1)
    )
    return tail <= 1 - SURE
