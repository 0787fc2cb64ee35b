"""Figures with their spread: what rounds gave, their median, the smallest and the largest."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure for each round, in the order of the rounds."""

    rounds: tuple[float, ...]

    @classmethod
    def of(cls, rounds: Iterable[float]) -> Spread:
        """The spread of these figures."""
        return cls(tuple(rounds))

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.rounds)

    def over(self, other: Spread) -> Spread:
        """The ratio in each round: what the machine did in that round cancels out."""
        pairs = zip(self.rounds, other.rounds, strict=True)
        return Spread(tuple(ours / theirs for ours, theirs in pairs))

    def text(self, digits: int = 3) -> str:
        """`median (smallest–largest)`, to so many significant digits."""
        low, high = min(self.rounds), max(self.rounds)
        middle = significant(self.median, digits)
        if len(self.rounds) == 1:
            return middle
        return f"{middle} ({significant(low, digits)}–{significant(high, digits)})"


def percentile(values: Iterable[float], share: float) -> float:
    """The value that `share` of `values` do not exceed: 0.5 is the median, 0.99 the tail."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def significant(value: float, digits: int = 3) -> str:
    """`value` with so many significant digits, never in exponents: 1,234 · 12.3 · 0.0123."""
    if not value:
        return "0"
    places = digits - 1 - _exponent(value)
    return f"{round(value, places):,.{max(places, 0)}f}"


def _exponent(value: float) -> int:
    return int(f"{abs(value):e}".partition("e")[2])
