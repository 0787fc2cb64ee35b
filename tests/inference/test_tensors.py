"""Tensors: quantised by the formula, to the half step, and looked up as if computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inference.recipe import Recipe
from inference.tensors import TensorTable, TensorType

FLOAT = TensorType(np.dtype(np.float32))
TYPES = {
    "float32": FLOAT,
    "uint8": TensorType(np.dtype(np.uint8), 1 / 128, 127),
    "int8": TensorType(np.dtype(np.int8), 2 / 255, -1),
    "int8-asymmetric": TensorType(np.dtype(np.int8), 0.05, -128),
    "uint8-of-levels": TensorType(np.dtype(np.uint8)),
}
IMAGENET = Recipe(scale=1 / 255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))


def plainly(pixels: np.ndarray[Any, Any], recipe: Recipe, kind: TensorType) -> np.ndarray[Any, Any]:
    """The tensor by the formulas, in float64, without tables."""
    if recipe.colour == "BGR":
        pixels = pixels[..., ::-1]
    real = (pixels * recipe.scale - np.array(recipe.mean)) / np.array(recipe.std)
    if kind.dtype.kind != "f":
        limits = np.iinfo(kind.dtype)
        steps = np.rint(real / (kind.scale or 1)) + kind.zero_point
        real = np.clip(steps, limits.min, limits.max)
    tensor: np.ndarray[Any, Any] = real.astype(kind.dtype)[np.newaxis]
    return tensor


@pytest.fixture(scope="module")
def pixels() -> np.ndarray[Any, Any]:
    """Every level in every channel, shuffled differently."""
    random = np.random.default_rng(7)
    planes = [random.permutation(256).astype(np.uint8) for _ in range(3)]
    return np.stack(planes, axis=-1).reshape(16, 16, 3)


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(mean=(127.0,), std=(128.0,)),
        IMAGENET,
        IMAGENET.model_copy(update={"colour": "BGR"}),
    ],
    ids=["levels", "one-mean", "per-channel", "per-channel-BGR"],
)
def test_the_tensor_is_what_the_formulas_give(
    recipe: Recipe, kind: TensorType, pixels: np.ndarray[Any, Any]
) -> None:
    tensor = TensorTable(recipe, kind).tensor(pixels)

    assert tensor.shape == (1, 16, 16, 3)
    assert tensor.dtype == kind.dtype == TensorTable(recipe, kind).dtype
    assert np.array_equal(tensor, plainly(pixels, recipe, kind))


def test_a_grey_picture_gets_one_channel() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)

    tensor = TensorTable(Recipe(colour="L", scale=2), FLOAT).tensor(pixels)

    assert tensor.shape == (1, 16, 16, 1)
    assert tensor.ravel().tolist() == [2.0 * level for level in range(256)]


def test_bgr_puts_blue_first_and_takes_its_mean_in_that_order() -> None:
    recipe = Recipe(colour="BGR", mean=(1.0, 2.0, 3.0))

    tensor = TensorTable(recipe, FLOAT).tensor(np.array([[[10, 20, 30]]], np.uint8))

    assert tensor.ravel().tolist() == [29, 18, 7]


@given(
    arrays(np.float64, 20, elements=st.floats(-3, 3)), st.floats(1e-3, 1), st.integers(-128, 127)
)
def test_quantising_and_back_stays_within_half_a_step_or_at_the_end_of_the_range(
    real: np.ndarray[Any, Any], scale: float, zero_point: int
) -> None:
    kind = TensorType(np.dtype(np.int8), scale, zero_point)

    back = kind.dequantise(kind.quantise(real)).astype(np.float64)

    low, high = (-128 - zero_point) * scale, (127 - zero_point) * scale
    assert np.abs(back - np.clip(real, low, high)).max() <= scale / 2 * 1.001 + 1e-5


def test_numbers_beyond_an_unquantised_integer_are_clipped_and_rounded_not_wrapped() -> None:
    kind = TYPES["uint8-of-levels"]

    assert kind.quantise(np.array([-4.0, 1.6, 300.0])).tolist() == [0, 2, 255]


def test_floats_come_back_as_they_were() -> None:
    values = np.array([0.1, -2.5], np.float32)

    assert FLOAT.dequantise(values).tolist() == values.tolist()
