"""The model card says what was measured, on what, and what was not."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from tests.training.transfer.forms import candidate
from training.transfer.candidates import choose
from training.transfer.card import Facts, confusion, interval, model_card

FACTS = Facts(
    name="parasites",
    labels=("healthy", "in*fected"),
    counts=((8, 2), (12, 3)),
    split_by="a fifth of each class, seed 0",
    data_sha256="ab" * 32,
    backbone="EfficientNet-Lite0",
    licence="Apache-2.0",
    method=("Head: logistic regression.",),
    forms=(("int8, served", "80.0% of 5 right"),),
    remarks=("passed over, it cannot be decoded: a|b.png",),
)
RIGHT, ANSWERS = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 1])


def test_the_card_tells_data_accuracy_confusion_licence_and_what_was_not_tested() -> None:
    card = model_card(FACTS, RIGHT, ANSWERS)

    assert (
        "Right on **4 of 5** pictures that it had not seen, 80.0% (95 % confidence: 37.6%" in card
    )
    assert "| healthy | 8 | 2 | 1 of 2 |" in card
    assert "| healthy | 1 | 1 |" in card
    assert "| in\\*fected | · | 3 |" in card
    assert "passed over, it cannot be decoded: a\\|b.png" in card
    for words in (
        "a fifth of each class",
        "Apache-2.0",
        "ab" * 32,
        "## Not tested",
        "int8, served",
    ):
        assert words in card


def test_a_card_names_files_whose_names_are_no_utf_8() -> None:
    name = os.fsdecode(b"B\xe4r/1.jpg")
    facts = replace(FACTS, remarks=(f"passed over, it cannot be decoded: {name}",))

    assert r"B\\xe4r/1.jpg" in model_card(facts, RIGHT, ANSWERS).encode().decode()


def test_a_card_of_many_classes_lists_what_is_confused_most() -> None:
    labels = tuple(f"class {index}" for index in range(40))
    facts = replace(FACTS, labels=labels, counts=((4, 1),) * 40)
    right = np.arange(40)
    answers = right.copy()
    answers[7] = 9

    card = model_card(facts, right, answers)

    assert "| class 7 | class 9 | 1 |" in card
    assert "None." in model_card(facts, right, right)


def test_a_confusion_has_rows_of_what_was_shown() -> None:
    assert confusion(RIGHT, ANSWERS, 3).tolist() == [[1, 1, 0], [0, 3, 0], [0, 0, 0]]


@pytest.mark.parametrize(("right", "of"), [(0, 5), (5, 5), (97, 100)])
def test_an_interval_holds_the_share_and_stays_between_0_and_1(right: int, of: int) -> None:
    low, high = interval(right, of)

    assert 0 <= low <= right / of <= high <= 1
    assert high - low > 0.01


@pytest.mark.parametrize(
    ("exact", "small", "served"),
    [
        (0.98, 0.98, "int8"),
        (0.98, 0.976, "int8"),
        (0.98, 0.974, "none"),
        (0.90, 0.95, "int8"),
        (0.98, None, "none"),
        (None, 0.5, "int8"),
    ],
)
def test_int8_is_served_unless_it_costs_half_a_point(
    exact: float | None, small: float | None, served: str
) -> None:
    forms = [
        *([candidate("none", exact)] if exact is not None else []),
        *([candidate("int8", small)] if small is not None else []),
    ]

    assert choose(forms).scheme == served
