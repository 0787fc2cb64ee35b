"""Thresholds: the promise of split conformal prediction, kept in simulation and by formula."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.decisions import label_set
from training.calibration.conformal import fewest, place, quantile, thresholds, too_few

ERRORS = st.sampled_from([0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5])


@given(st.integers(1, 3_000), ERRORS)
def test_a_place_is_that_of_the_formula_in_exact_numbers(count: int, error: float) -> None:
    exact = (count + 1) * (1 - Fraction(str(error)))

    assert place(count, error) == -(-exact.numerator // exact.denominator)


@given(ERRORS)
def test_the_fewest_pictures_are_just_enough(error: float) -> None:
    assert place(fewest(error), error) <= fewest(error)
    assert place(fewest(error) - 1, error) > fewest(error) - 1


def answers(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of four classes by a network that is right more often than not, and the truth."""
    truth = rng.integers(0, 4, count)
    logits = rng.normal(0, 1.5, (count, 4))
    logits[np.arange(count), truth] += 2.0
    exponentials = np.exp(logits)
    return (exponentials / exponentials.sum(1, keepdims=True)).astype(np.float32), truth


@settings(max_examples=12)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.05, 0.1, 0.2]), st.booleans())
def test_the_right_label_is_missing_as_seldom_as_was_promised(
    seed: int, error: float, per_class: bool
) -> None:
    rng = np.random.default_rng(seed)
    covered, wrong = [], []
    for _ in range(60):
        limits = thresholds(*answers(rng, 200), error, per_class=per_class)
        scores, truth = answers(rng, 50)
        inside, best = scores >= np.array(limits), scores.argmax(axis=1)
        places = np.arange(len(truth))
        covered.append(inside[places, truth].mean())
        accepted = (inside.sum(axis=1) == 1) & inside[places, best]
        wrong.append((accepted & (best != truth)).mean())

    # Four standard errors, of 60 thresholds as well as of 3,000 pictures.
    slack = 4 * np.sqrt(error * (1 - error) * (1 / 3_000 + 1 / (60 * 200)))
    assert np.mean(covered) >= 1 - error - 2 * slack
    assert np.mean(wrong) <= error + 2 * slack
    most = 1 - error + (1 / 201 if not per_class else 4 / 150)
    assert np.mean(covered) <= most + 2 * slack


@given(st.integers(19, 300), st.integers(0, 99), st.sampled_from([0.05, 0.1, 0.5]))
def test_a_quantile_leaves_no_more_above_it_than_the_rate(
    count: int, seed: int, rate: float
) -> None:
    distances = np.random.default_rng(seed).integers(0, 40, count).astype(float)

    assert (distances > quantile(distances, rate)).mean() <= rate


def test_what_was_calibrated_on_reaches_the_threshold_exactly() -> None:
    scores, truth = answers(np.random.default_rng(1), 99)

    (limit,) = thresholds(scores, truth, 0.1, per_class=False)

    inside = [index in label_set(row, [limit]) for index, row in zip(truth, scores, strict=True)]
    assert sum(inside) == 90


@pytest.mark.parametrize(
    ("count", "error", "per_class", "words"),
    [
        (19, 0.05, False, None),
        (18, 0.05, False, "needs 19 pictures to calibrate on and as many to measure: there are 18"),
        (18, 0.05, False, "--error 0.053"),
        (98, 0.01, False, "Give 198 or more"),
        (38, 0.05, True, None),
        (37, 0.05, True, "b has fewer, the least 18"),
        (0, 0.5, False, "there are 0"),
    ],
)
def test_too_few_pictures_are_told_with_what_would_do(
    count: int, error: float, per_class: bool, words: str | None
) -> None:
    truth = [index % 2 for index in range(count)]

    found = too_few(truth, ["a", "b"], error, per_class=per_class)

    assert (found is None) if words is None else (found is not None and words in found)


def test_an_error_that_a_message_proposes_is_possible() -> None:
    for count in range(1, 300):
        found = too_few([0] * count, ["a", "b"], 0.003, per_class=False)
        if found and "--error" in found:
            proposed = float(found.rpartition(" ")[2])
            assert too_few([0] * count, ["a", "b"], proposed, per_class=False) is None
