"""Prices are data, and a bill is arithmetic that can be done by hand."""

from __future__ import annotations

import pytest

from inference.prices import Prices, billed_seconds, prices

ROUND = prices().model_copy(
    update={
        "gb_second": {"x86_64": 0.5, "arm64": 0.25},
        "million_requests": 1e6,
        "million_api_requests": 2e6,
        "api_request_bytes": 100,
    }
)
"""Prices that are easy to reckon with: a request $1, through an API $2 more."""


def test_memory_held_over_time_is_paid_by_machine() -> None:
    assert ROUND.compute(10.0) == 5.0
    assert ROUND.compute(10.0, "arm64") == 2.5


@pytest.mark.parametrize(
    ("body_bytes", "dollars"),
    [(None, 3.0), (0, 9.0), (1, 9.0), (100, 9.0), (101, 15.0), (250, 21.0)],
    ids=["no API", "empty", "one byte", "just one", "just two", "three"],
)
def test_an_api_counts_every_piece_of_a_body_that_was_begun(
    body_bytes: int | None, dollars: float
) -> None:
    assert ROUND.requests(3, body_bytes) == dollars


def test_each_answer_is_billed_by_the_whole_millisecond() -> None:
    assert billed_seconds([1.0, 1.1, 9.9]) == pytest.approx(0.013 / 3)


def test_the_prices_have_a_date_and_a_source_for_each_amount() -> None:
    amounts = {name for name in Prices.model_fields if name.startswith(("gb_", "million_"))}

    assert len(prices().read_on) == len("2026-11-21")
    assert amounts <= set(prices().sources)
