"""Which recipe is better is said with how sure that is; a handful of pictures decides nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.recipes import NamedRecipe
from training.verdicts import Trial, beats_chance, judge, sureness, trial


def tried(name: str, log_likelihoods: list[float]) -> Trial:
    values = np.array(log_likelihoods)
    return Trial(NamedRecipe(name), values, values > -0.7)


def test_a_recipe_that_is_better_on_every_one_of_many_pictures_is_clear() -> None:
    verdict = judge([tried("0-255", [-2.0] * 20), tried("0-1", [-0.1] * 20)])

    assert verdict.best.named.scaling == "0-1"
    assert verdict.clear
    assert verdict.sure > 0.999


def test_four_pictures_never_decide() -> None:
    verdict = judge([tried("0-255", [-9.0] * 4), tried("0-1", [-0.1] * 4)])

    assert not verdict.clear
    assert verdict.sure == pytest.approx(1 - 1 / 16, abs=0.02)


def test_two_recipes_with_the_same_answers_are_rivals() -> None:
    verdict = judge([tried("0-1", [-0.1] * 50), tried("-1-1", [-0.1] * 50)])

    assert [each.named.scaling for each in verdict.rivals] == ["-1-1"]
    assert verdict.best.named.scaling == "0-1"
    assert verdict.sure == 0.0


def test_differences_that_go_both_ways_make_rivals() -> None:
    by_turns = [-0.1, -0.5] * 10
    verdict = judge([tried("0-1", by_turns), tried("-1-1", [-0.45, -0.16] * 10)])

    assert not verdict.clear


def test_only_those_that_cannot_be_told_apart_are_rivals() -> None:
    verdict = judge(
        [
            tried("0-1", [-0.10, -0.12] * 20),
            tried("-1-1", [-0.12, -0.10] * 20),
            tried("caffe", [-5.0, -6.0] * 20),
        ]
    )

    assert [each.named.scaling for each in verdict.rivals] == ["-1-1"]


@given(st.lists(st.floats(-10, 0), min_size=1, max_size=30))
def test_nothing_is_surer_than_one_minus_two_to_the_minus_n(differences: list[float]) -> None:
    better, other = tried("0-1", [0.0] * len(differences)), tried("0-255", differences)

    found = sureness(better, other)

    assert 0 <= found <= 1 - 0.5 ** len(differences) + 0.03
    assert found == sureness(better, other)


def test_a_trial_counts_hits_and_takes_the_logarithm_of_the_right_score() -> None:
    scores = np.array([[0.7, 0.3]] * 7 + [[0.3, 0.7]] * 3, np.float32)

    found = trial(NamedRecipe("0-1"), scores, np.zeros(10, np.intp))

    assert found.accuracy == pytest.approx(0.7)
    assert found.log_likelihood == pytest.approx(0.7 * np.log(0.7) + 0.3 * np.log(0.3), abs=2e-3)


def test_being_surer_of_everything_is_no_merit() -> None:
    right = np.zeros(40, np.intp)
    calm = np.array([[0.7, 0.3]] * 32 + [[0.4, 0.6]] * 8, np.float32)
    sure = calm**3 / (calm**3).sum(axis=1, keepdims=True)

    calmly, surely = (trial(NamedRecipe("0-1"), each, right) for each in (calm, sure))

    assert surely.log_likelihood == pytest.approx(calmly.log_likelihood, abs=2e-3)


def test_scores_of_sigmoids_and_scores_of_nothing_are_taken_as_they_come() -> None:
    scores = np.array([[0.9, 0.9], [0.0, 0.0]], np.float32)

    found = trial(NamedRecipe("0-1"), scores, np.array([0, 1]))

    np.testing.assert_allclose(found.log_likelihoods, np.log(0.5))


@pytest.mark.parametrize(
    ("hits", "classes", "better"),
    [
        pytest.param(8, [0, 1] * 4, True, id="all of eight, two classes"),
        pytest.param(4, [0, 1] * 4, False, id="half of eight, two classes"),
        pytest.param(4, [0, 1] * 2, False, id="all of four, two classes"),
        pytest.param(20, [0] * 20, False, id="one class alone tells nothing"),
        pytest.param(4, list(range(20)), True, id="four of twenty, all different"),
        pytest.param(0, [0, 1] * 4, False, id="none"),
    ],
)
def test_what_is_more_than_luck(hits: int, classes: list[int], better: bool) -> None:
    right = np.array([True] * hits + [False] * (len(classes) - hits))

    assert beats_chance(right, np.array(classes)) is better
