"""Framing: the box is the recipe's, inside the picture, and a reduced decode is large enough."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.framing import DRAFT_MARGIN, central_box, draft_size
from inference.recipe import Recipe

SIDES = st.integers(1, 20_000)
MODEL_SIDES = st.integers(1, 1_024)
FRACTIONS = st.floats(0.05, 1.0)


@pytest.mark.parametrize(
    ("size", "target", "recipe", "box"),
    [
        ((300, 200), (224, 224), Recipe(), (0, 0, 300, 200)),
        ((300, 200), (224, 224), Recipe(fit="crop"), (50, 0, 250, 200)),
        ((200, 300), (224, 224), Recipe(fit="crop"), (0, 50, 200, 250)),
        ((200, 200), (224, 224), Recipe(fit="crop", crop_fraction=0.5), (50, 50, 150, 150)),
        ((400, 100), (200, 100), Recipe(fit="crop"), (100, 0, 300, 100)),
        ((400, 100), (200, 100), Recipe(fit="squash", crop_fraction=0.5), (0, 0, 400, 100)),
    ],
    ids=["squash", "lying", "standing", "fraction", "target-not-square", "squash-takes-all"],
)
def test_the_box_is_what_the_recipe_says(
    size: tuple[int, int], target: tuple[int, int], recipe: Recipe, box: tuple[float, ...]
) -> None:
    assert central_box(size, target, recipe) == pytest.approx(box)


@given(SIDES, SIDES, MODEL_SIDES, MODEL_SIDES, FRACTIONS)
def test_a_crop_lies_inside_the_picture_centred_and_in_the_targets_shape(
    width: int, height: int, target_width: int, target_height: int, fraction: float
) -> None:
    recipe = Recipe(fit="crop", crop_fraction=fraction)

    left, upper, right, lower = central_box((width, height), (target_width, target_height), recipe)

    assert 0 <= left < right <= width
    assert 0 <= upper < lower <= height
    assert left + right == pytest.approx(width)
    assert upper + lower == pytest.approx(height)
    assert (right - left) * target_height == pytest.approx((lower - upper) * target_width)


@pytest.mark.parametrize("side", [29, 58, 93, 29 * 64])
def test_a_crop_of_the_whole_is_not_carried_past_the_edge_by_rounding(side: int) -> None:
    box = central_box((side, side), (224, 224), Recipe(fit="crop"))

    assert min(box) == 0
    assert max(box) == side


@given(SIDES, SIDES, MODEL_SIDES, st.sampled_from(["crop", "squash"]), FRACTIONS)
def test_a_reduced_picture_keeps_its_margin_for_the_part_that_is_looked_at(
    width: int, height: int, side: int, fit: str, fraction: float
) -> None:
    recipe = Recipe.model_validate({"fit": fit, "crop_fraction": fraction})
    target = (side, side)

    reduced = draft_size((width, height), target, recipe)

    left, upper, right, lower = central_box(reduced, target, recipe)
    share = central_box((width, height), target, recipe)
    assert reduced[0] * (share[2] - share[0]) / width >= DRAFT_MARGIN * side * 0.999
    assert reduced[1] * (share[3] - share[1]) / height >= DRAFT_MARGIN * side * 0.999
    assert right > left
    assert lower > upper
