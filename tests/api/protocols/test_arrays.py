"""Pixels as a file are the same pixels; lists are numbers only when they are nested as said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.protocols.arrays import byte_tensors, float_tensors, to_bmp
from inference.errors import BadRequest
from inference.pictures.decoding import PictureLimits, decode
from inference.recipe import Recipe


@given(
    width=st.integers(1, 9),
    height=st.integers(1, 9),
    channels=st.sampled_from([1, 3]),
    seed=st.integers(0, 99),
)
def test_pixels_come_back_from_the_file_as_they_were(
    width: int, height: int, channels: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, 256, (height, width, channels), dtype=np.uint8)
    recipe = Recipe(resize="nearest", colour="L" if channels == 1 else "RGB")
    picture = decode(to_bmp(pixels), (width, height), recipe, PictureLimits())
    assert (picture.format, picture.width, picture.height) == ("BMP", width, height)
    np.testing.assert_array_equal(picture.pixels, pixels)


def test_nested_lists_become_the_tensor_that_they_are() -> None:
    data = [[[1, 2.5, -3]], [[0, 0, 7]]]
    tensor = float_tensors(data, (2, 1, 3))
    assert tensor.dtype == np.float32
    assert tensor.shape == (2, 1, 3)
    assert tensor.tolist() == data
    assert byte_tensors([0, 255], (2,)).tolist() == [0, 255]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([1, 2], "not nested"),
        ([[1, 2], [3]], "not nested"),
        ([[1, 2], 3], "not nested"),
        ([[1, 2], "34"], "not nested"),
        ("12", "not nested"),
        (None, "not nested"),
        ([[1, 2], [3, "4"]], "no number"),
        ([[1, 2], [3, [4]]], "no number"),
        ([[1, 2], [3, True]], "no number"),
        ([[1, 2], [3, None]], "no number"),
        ([[1, 2], [3, 1e39]], "not finite"),
        ([[1, 2], [3, float("nan")]], "not finite"),
        ([[1, 2], [3, 10**400]], "beyond"),
    ],
)
def test_lists_that_are_no_tensor_are_refused(data: Any, says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        float_tensors(data, (2, 2))
