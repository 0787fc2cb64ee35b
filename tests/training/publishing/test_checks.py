"""The rules by which a network is the wrong one to publish, as tables."""

from __future__ import annotations

import numpy as np
import pytest

from inference.errors import ModelError
from training.checks import check_finite, classes_for, judge_activation


@pytest.mark.parametrize(
    ("outputs", "labels", "classes"), [(5, 5, 5), (1000, 1000, 1000), (1, 2, 2), (1, None, 2)]
)
def test_labels_that_fit_say_how_many_classes_there_are(
    outputs: int, labels: int | None, classes: int
) -> None:
    assert classes_for(outputs, labels) == classes


@pytest.mark.parametrize(
    ("outputs", "labels", "words"),
    [
        (1001, 1000, "1,001 numbers for 1,000 labels: one class too many .* background"),
        (4, 5, "4 numbers for 5 labels: labels.txt has one label a line"),
        (5, 3, "5 numbers for 3 labels"),
        (1, 3, "1 number for 3 labels"),
    ],
)
def test_labels_that_do_not_fit_are_refused_with_both_counts(
    outputs: int, labels: int, words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        classes_for(outputs, labels)


SOFTMAX = np.array([[0.7, 0.3], [0.2, 0.8]], np.float32)
SIGMOID = np.array([[0.7, 0.9], [0.2, 0.1]], np.float32)
LOGITS = np.array([[-3.0, 5.0], [2.0, 0.5]], np.float32)


@pytest.mark.parametrize(
    ("named", "outputs", "activation"),
    [
        pytest.param("softmax", SOFTMAX, "softmax", id="softmax"),
        pytest.param(None, SOFTMAX, "softmax", id="no layer names it, scores add up to 1"),
        pytest.param(
            "linear", SOFTMAX, "softmax", id="a softmax hidden in a layer of another name"
        ),
        pytest.param("sigmoid", SIGMOID, "sigmoid", id="sigmoid"),
        pytest.param(None, SIGMOID, "sigmoid", id="no layer names it, all from 0 to 1"),
        pytest.param("linear", LOGITS, "none", id="logits"),
        pytest.param("relu", np.abs(LOGITS), "none", id="relu"),
        pytest.param("linear", SIGMOID, "none", id="logits that happen to be small"),
        pytest.param(None, LOGITS, "none", id="no layer names it, numbers of any size"),
        pytest.param("sigmoid", SIGMOID[:, :1], "sigmoid", id="one output"),
    ],
)
def test_the_activation_is_told_from_the_last_layer_and_from_answers(
    named: str | None, outputs: np.ndarray[tuple[int, int], np.dtype[np.float32]], activation: str
) -> None:
    assert judge_activation(named, outputs) == activation


def test_a_softmax_over_something_else_than_the_classes_is_refused() -> None:
    with pytest.raises(ModelError, match="do not add up to 1"):
        judge_activation("softmax", SIGMOID)


def test_a_softmax_over_one_output_is_refused() -> None:
    with pytest.raises(ModelError, match="always 1"):
        judge_activation("softmax", np.ones((3, 1), np.float32))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_answers_that_are_not_finite_are_refused_with_their_count(bad: float) -> None:
    outputs = np.ones((8, 3), np.float32)
    outputs[[1, 5], 2] = bad

    with pytest.raises(ModelError, match="2 of 8 pictures with numbers that are not finite"):
        check_finite(outputs)
    check_finite(np.ones((8, 3), np.float32))
