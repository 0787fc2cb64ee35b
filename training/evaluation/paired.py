"""Two models on the same pictures: how far they differ, and what may be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final, Literal

Verdict = Literal["better", "no_worse", "worse", "undecided"]

CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Paired:
    """Counts of pictures by who is right: both, only the first, only the second, or neither."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def pictures(self) -> int:
        """All of them."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def difference(self) -> float:
        """The accuracy of the second minus that of the first, −1 to 1."""
        return (self.only_second - self.only_first) / self.pictures


def mcnemar(paired: Paired) -> float:
    """The two-sided p of McNemar's exact test; 1 where the two never differ.

    Of the pictures that one alone gets right each is the second's with probability 1/2, if neither
    is better: a binomial test, exact for any count.
    """
    from scipy.stats import binomtest

    changed = paired.only_first + paired.only_second
    return float(binomtest(paired.only_second, changed).pvalue) if changed else 1.0


def interval(paired: Paired) -> tuple[float, float]:
    """The 95 % interval of the difference, each −1 to 1.

    Bonett and Price (2012), "Adjusted Wald confidence interval for a difference of binomial
    proportions based on paired data": one picture is added to either kind of change, so that it
    has a width also where nothing has changed.
    """
    from scipy.stats import norm

    total = paired.pictures + 2
    first, second = (paired.only_first + 1) / total, (paired.only_second + 1) / total
    middle = second - first
    half = norm.ppf((1 + CONFIDENCE) / 2) * sqrt((first + second - middle**2) / total)
    return max(-1.0, float(middle - half)), min(1.0, float(middle + half))


def verdict(paired: Paired, margin: float) -> Verdict:
    """What may be said of the second, when it may lose at most `margin` of the pictures.

    `better` where McNemar's test says so; else `no_worse` where the whole interval lies above
    −margin; else `worse` where the test says so; else `undecided`: more pictures are needed.
    """
    differs = mcnemar(paired) < 1 - CONFIDENCE
    if differs and paired.difference > 0:
        return "better"
    if interval(paired)[0] > -margin:
        return "no_worse"
    return "worse" if differs else "undecided"
