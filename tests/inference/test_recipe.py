"""Recipes: the table is the formula, and a recipe that makes no sense is refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from inference.recipe import Recipe

LEVELS = np.arange(256, dtype=np.float64)
NUMBERS = st.floats(-1e3, 1e3)
DIVISORS = st.floats(1e-2, 1e3)


@given(NUMBERS, st.tuples(NUMBERS, NUMBERS, NUMBERS), st.tuples(DIVISORS, DIVISORS, DIVISORS))
def test_the_table_is_the_plain_formula_for_each_channel(
    scale: float, mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    table = Recipe(scale=scale, mean=mean, std=std).table()

    assert table.shape == (3, 256)
    assert table.dtype == np.float64
    for channel in range(3):
        expected = (LEVELS * scale - mean[channel]) / std[channel]
        assert np.array_equal(table[channel], expected)


@pytest.mark.parametrize(
    ("colour", "channels"), [("RGB", 3), ("BGR", 3), ("L", 1)], ids=["RGB", "BGR", "grey"]
)
def test_one_value_does_for_all_channels(colour: str, channels: int) -> None:
    recipe = Recipe.model_validate({"colour": colour, "mean": [127], "std": [128]})

    assert recipe.channels == channels
    assert np.array_equal(recipe.table(), np.tile((LEVELS - 127) / 128, (channels, 1)))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"std": [0]}, "std holds a zero"),
        ({"std": [1, 0.0, 1]}, "std holds a zero"),
        ({"mean": [1, 2]}, "mean has 2 values; a RGB recipe takes one, or 3"),
        ({"colour": "L", "std": [1, 2, 3]}, "std has 3 values; a L recipe takes one, or 1"),
        ({"mean": []}, "mean"),
        ({"mean": [1, 2, 3, 4]}, "mean"),
        ({"mean": [float("nan")]}, "mean"),
        ({"scale": float("inf")}, "scale"),
        ({"scale": "much"}, "scale"),
        ({"crop_fraction": 0}, "crop_fraction"),
        ({"crop_fraction": 1.01}, "crop_fraction"),
        ({"resize": "bicubik"}, "resize"),
        ({"fit": "stretch"}, "fit"),
        ({"colour": "RGBA"}, "colour"),
        ({"rescale": 1}, "rescale"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_a_recipe_that_makes_no_sense_is_refused_by_name(
    fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError) as error:
        Recipe.model_validate(fields)

    assert words in str(error.value)


def test_a_recipe_cannot_be_changed_once_it_is_made() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Recipe().scale = 2.0
