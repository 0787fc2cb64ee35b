"""Scores: stable, never NaN, and in an order that does not depend on luck."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inference.errors import ModelError
from inference.scores import Activation, to_scores, top

LOGITS = arrays(np.float32, st.integers(1, 30), elements=st.floats(-1e6, 1e6, width=32))


@given(LOGITS)
def test_logits_become_a_softmax_that_sums_to_one(logits: np.ndarray[Any, Any]) -> None:
    scores = to_scores(logits, "none")

    assert scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all()
    assert scores.sum() == pytest.approx(1, abs=1e-5)
    exact = np.exp(logits.astype(np.float64) - logits.max())
    assert scores == pytest.approx(exact / exact.sum(), abs=1e-6)


@given(LOGITS, st.floats(-1e3, 1e3))
def test_a_softmax_does_not_mind_a_shift(logits: np.ndarray[Any, Any], shift: float) -> None:
    small = np.round(logits / 1e4).astype(np.float32)

    shifted = to_scores((small + np.round(shift)).astype(np.float32), "none")

    assert shifted == pytest.approx(to_scores(small, "none"), abs=1e-6)


@pytest.mark.parametrize("logit", [3.4e38, -3.4e38], ids=["largest", "smallest"])
def test_huge_logits_do_not_overflow(logit: float) -> None:
    assert to_scores(np.array([logit, logit], np.float32), "none").tolist() == [0.5, 0.5]


@pytest.mark.parametrize("temperature", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "none"])
@pytest.mark.parametrize("output", [[3e38, -3e38, 0.0], [0.0, 1.0, 0.5], [1e-45, 1.0, 0.0]])
def test_nothing_overflows_on_the_way_from_an_output_to_its_scores(
    output: list[float], activation: Activation, temperature: float
) -> None:
    """A warning of NumPy's would be an error here, and noise in somebody's log."""
    scores = to_scores(np.array(output, np.float32), activation, temperature)

    assert scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all()
    assert int(scores.argmax()) == int(np.argmax(output))


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_what_the_network_activated_is_only_held_to_its_range(activation: Activation) -> None:
    output = np.array([-0.01, 0.25, 0.75, 1.004], np.float32)

    assert to_scores(output, activation).tolist() == [0, 0.25, 0.75, 1]


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "none"])
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf], ids=str)
def test_a_number_that_is_not_finite_is_the_models_error(
    number: float, activation: Activation
) -> None:
    with pytest.raises(ModelError, match="not finite"):
        to_scores(np.array([0.1, number], np.float32), activation)


@pytest.mark.parametrize(
    ("count", "min_score", "expected"),
    [(5, 0.0, [2, 0, 3, 1, 4]), (2, 0.0, [2, 0]), (5, 0.2, [2, 0, 3]), (5, 0.5, []), (0, 0.0, [])],
    ids=["all", "two", "sure-ones", "none-sure", "none-wanted"],
)
def test_the_best_come_first_and_equals_in_the_order_of_their_classes(
    count: int, min_score: float, expected: list[int]
) -> None:
    scores = np.array([0.2, 0.1, 0.4, 0.2, 0.1], np.float32)

    assert top(scores, count, min_score) == [(index, float(scores[index])) for index in expected]


def test_a_thousand_equal_scores_keep_their_order() -> None:
    scores = np.full(1_000, 0.001, np.float32)

    assert [index for index, _ in top(scores, 1_000, 0.0)] == list(range(1_000))
