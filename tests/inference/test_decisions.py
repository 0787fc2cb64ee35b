"""What is decided about an answer: a table of cases, and what holds of all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inference.decisions import Decision, label_set, rule

SURE = [0.9, 0.06, 0.04]
TORN = [0.5, 0.45, 0.05]
LOST = [0.4, 0.3, 0.3]


@pytest.mark.parametrize(
    ("scores", "thresholds", "outside", "decision", "classes"),
    [
        pytest.param(SURE, [0.6], False, "accept", (0,), id="one is likely enough"),
        pytest.param(TORN, [0.3], False, "review", (0, 1), id="two are likely enough"),
        pytest.param(LOST, [0.6], False, "review", (), id="none is likely enough"),
        pytest.param(SURE, [0.6], True, "unknown", (0,), id="sure of a picture unlike all others"),
        pytest.param(LOST, [0.6], True, "unknown", (), id="lost, and unlike all others"),
        pytest.param(SURE, [0.9], False, "accept", (0,), id="just likely enough"),
        pytest.param(TORN, [0.4, 0.6, 0.6], False, "accept", (0,), id="a threshold for each class"),
        pytest.param(TORN, [0.6, 0.4, 0.6], False, "review", (1,), id="the second alone is enough"),
        pytest.param(LOST, [0.3], False, "review", (0, 1, 2), id="equal scores in order of class"),
        pytest.param(LOST, [0.0], False, "review", (0, 1, 2), id="a threshold that all reach"),
    ],
)
def test_a_decision_follows_from_scores_and_thresholds(
    scores: list[float],
    thresholds: list[float],
    outside: bool,
    decision: Decision,
    classes: tuple[int, ...],
) -> None:
    # Both as a service has them: scores of 32 bits, thresholds that were such scores.
    exact = np.array(thresholds, np.float32).astype(np.float64).tolist()

    found = rule(np.array(scores, np.float32), exact, outside=outside)

    assert (found.decision, found.classes) == (decision, classes)


SCORES = arrays(np.float32, st.integers(1, 12), elements=st.floats(0, 1, width=32))


@given(SCORES, st.floats(0, 1), st.floats(0, 1))
def test_a_lower_threshold_never_takes_a_label_away(
    scores: np.ndarray, one: float, other: float
) -> None:
    wide, narrow = (set(label_set(scores, [each])) for each in sorted((one, other)))

    assert narrow <= wide


@given(SCORES, st.floats(0, 1), st.booleans())
def test_only_the_best_class_is_ever_accepted(
    scores: np.ndarray, threshold: float, outside: bool
) -> None:
    found = rule(scores, [threshold], outside=outside)

    ranked = [scores[index] for index in found.classes]
    assert ranked == sorted(ranked, reverse=True)
    assert (found.decision == "unknown") == outside
    if found.decision == "accept":
        assert found.classes == (int(scores.argmax()),)
