"""What may be said of two models: exact tests, honest intervals, and one verdict."""

from __future__ import annotations

from math import comb, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.paired import Paired, Verdict, interval, mcnemar, verdict

COUNTS = st.integers(0, 300)
PAIRED = st.builds(Paired, COUNTS, COUNTS, COUNTS, COUNTS).filter(lambda each: each.pictures > 0)
MARGINS = st.floats(0, 0.3)
Z = 1.959963984540054


def swapped(paired: Paired) -> Paired:
    """The same with the models in the other order."""
    return Paired(paired.both, paired.only_second, paired.only_first, paired.neither)


VERDICTS: dict[str, tuple[Paired, float, Verdict]] = {
    "clearly better": (Paired(900, 10, 40, 50), 0.01, "better"),
    "clearly worse": (Paired(900, 40, 10, 50), 0.01, "worse"),
    "the same on many": (Paired(950, 0, 0, 50), 0.01, "no_worse"),
    "the same on few": (Paired(19, 0, 0, 1), 0.01, "undecided"),
    "the same on few, a wide margin": (Paired(19, 0, 0, 1), 0.2, "no_worse"),
    "a little worse, not surely": (Paired(900, 12, 8, 80), 0.01, "undecided"),
    "surely worse, and by less than the margin": (Paired(9_900, 30, 10, 60), 0.01, "no_worse"),
    "one picture, lost": (Paired(0, 1, 0, 0), 0.01, "undecided"),
    "five of five gained": (Paired(0, 0, 5, 0), 0.01, "no_worse"),
    "six of six gained": (Paired(0, 0, 6, 0), 0.01, "better"),
}


@pytest.mark.parametrize(("paired", "margin", "expected"), VERDICTS.values(), ids=VERDICTS)
def test_the_verdict_follows_from_the_counts(
    paired: Paired, margin: float, expected: Verdict
) -> None:
    assert verdict(paired, margin) == expected


@given(PAIRED)
def test_mcnemar_is_twice_the_tail_of_a_fair_coin(paired: Paired) -> None:
    changed = paired.only_first + paired.only_second
    least = min(paired.only_first, paired.only_second)
    tail = sum(comb(changed, k) for k in range(least + 1)) / 2**changed

    assert mcnemar(paired) == pytest.approx(min(1.0, 2 * tail))
    assert mcnemar(paired) == pytest.approx(mcnemar(swapped(paired)))


@given(PAIRED)
def test_the_interval_is_bonett_and_prices(paired: Paired) -> None:
    first = (paired.only_first + 1) / (paired.pictures + 2)
    second = (paired.only_second + 1) / (paired.pictures + 2)
    half = Z * sqrt((first + second - (second - first) ** 2) / (paired.pictures + 2))
    low, high = interval(paired)

    assert low == pytest.approx(max(-1, second - first - half), abs=1e-9)
    assert high == pytest.approx(min(1, second - first + half), abs=1e-9)
    assert (-high, -low) == pytest.approx(interval(swapped(paired)))


@given(PAIRED, MARGINS, MARGINS)
def test_who_may_lose_more_is_never_judged_harder(paired: Paired, one: float, other: float) -> None:
    passes = [verdict(paired, margin) in ("better", "no_worse") for margin in sorted((one, other))]

    assert passes[0] <= passes[1]


@given(PAIRED, MARGINS)
def test_nobody_is_better_both_ways(paired: Paired, margin: float) -> None:
    there, back = verdict(paired, margin), verdict(swapped(paired), margin)

    if there == "better":
        assert back in ("worse", "no_worse")
        assert paired.difference > 0
    if there == "worse":
        assert back == "better"


@given(PAIRED, MARGINS, st.integers(1, 60))
def test_a_picture_more_that_is_gained_never_turns_a_pass_into_a_refusal(
    paired: Paired, margin: float, more: int
) -> None:
    richer = Paired(paired.both, paired.only_first, paired.only_second + more, paired.neither)

    if verdict(paired, margin) == "better":
        assert verdict(richer, margin) == "better"
