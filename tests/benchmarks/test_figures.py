"""Spreads, ratios and targets are what one gets by hand."""

from __future__ import annotations

import pytest

from benchmarks.chart import chart
from benchmarks.contenders import US, US_INT8
from benchmarks.cost import MemorySize, cheapest
from benchmarks.machine import this_machine
from benchmarks.report import report
from benchmarks.results import Results
from benchmarks.spread import Spread, percentile, significant
from benchmarks.targets import Target, targets
from benchmarks.warm import FLOOR, Measured, Warm, cases

NAMES = (FLOOR, US, US_INT8, "LitServe", "BentoML")


def spread(*values: float) -> Spread:
    return Spread.of(values)


def warm(**ms: float) -> Warm:
    """Everybody's median time; the rate follows from it."""
    figures = {
        name: {
            case.name: Measured(spread(ms[name]), spread(ms[name]), spread(1e3 / ms[name]), 9, 0)
            for case in cases(1.0)
        }
        for name in ms
    }
    return Warm(figures, dict.fromkeys(ms, 1_000_000))


def results(**ms: float) -> Results:
    return Results("2026-01-01 00:00 UTC", this_machine(), warm=warm(**ms))


def memory_size(memory_mb: int, p50_ms: float, dollars: float) -> MemorySize:
    times = (spread(1.0), spread(p50_ms), spread(p50_ms))
    return MemorySize(memory_mb, False, *times, 1.0, dollars, dollars)


def test_a_ratio_is_taken_round_by_round() -> None:
    ratio = spread(10, 30, 20).over(spread(5, 10, 20))

    assert ratio.rounds == (2.0, 3.0, 1.0)
    assert ratio.text() == "2.00 (1.00–3.00)"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.012345, "0.0123"), (1.2345, "1.23"), (98.76, "98.8"), (1234.5, "1,230")],
)
def test_figures_have_three_significant_digits(value: float, text: str) -> None:
    assert significant(value) == text


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 3), (0.99, 5), (1.0, 5)])
def test_a_percentile_is_one_of_the_values(share: float, value: float) -> None:
    assert percentile([5, 1, 4, 2, 3], share) == value


def verdicts(found: list[Target]) -> list[bool | None]:
    return [target.kept for target in found if target.claim.startswith(("640", "12MP"))]


def test_targets_are_kept_by_whoever_is_near_the_floor_and_far_from_the_peers() -> None:
    found = targets(results(**{FLOOR: 10, US: 11, US_INT8: 8, "LitServe": 30, "BentoML": 40}))

    assert verdicts(found) == [True] * 11


def test_targets_are_missed_against_the_best_peer_and_not_against_the_mean() -> None:
    found = targets(results(**{FLOOR: 10, US: 11, US_INT8: 8, "LitServe": 19, "BentoML": 400}))

    assert verdicts(found) == [
        *(True, True, False, False, True, True),
        *(True, False, False, True, True),
    ]
    assert "the best peer (LitServe)" in found[2].claim
    assert found[2].found == "1.73"


def test_what_was_not_measured_is_neither_kept_nor_missed() -> None:
    found = targets(Results("2026-01-01 00:00 UTC", this_machine()))

    assert {target.kept for target in found} == {None}
    assert {target.found for target in found} == {"not measured in this run"}


def test_the_cheapest_memory_size_is_sought_among_those_that_are_quick_enough() -> None:
    sizes = [memory_size(512, 101, 0.01), memory_size(1024, 50, 0.03), memory_size(2048, 20, 0.02)]

    assert cheapest(sizes, within_ms=100) is sizes[2]
    assert cheapest(sizes, within_ms=10) is None


def test_the_page_and_the_picture_show_everybody_who_was_measured() -> None:
    measured = results(**{FLOOR: 10, US: 11, US_INT8: 8, "LitServe": 30, "BentoML": 40})
    assert measured.warm is not None

    page, svg = report(measured, "results.svg"), chart(measured.warm)

    assert all(f"| {name} |" in page for name in NAMES)
    assert all(svg.count(f">{name}</text>") == 4 for name in NAMES)
    assert "](results.svg)" in page
