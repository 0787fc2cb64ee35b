"""Grey: scientific values become 8 bits by the rule in the docstring, and never fail."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inference.grey import to_grey


@pytest.mark.parametrize(
    ("values", "dtype", "mode", "expected"),
    [
        ([0, 257, 32_768, 65_535], np.uint16, "I;16", [0, 1, 128, 255]),
        ([0, 10, 100, 200], np.uint16, "I;16B", [0, 0, 0, 1]),
        ([0, 128, 255, -5], np.int32, "I", [0, 128, 255, 0]),
        ([0, 256, 65_535, -5], np.int32, "I", [0, 1, 255, 0]),
        ([0, 500_000, 2_000_000, -5], np.int32, "I", [0, 64, 255, 0]),
        ([0.0, 0.5, 1.0, -0.5], np.float32, "F", [0, 128, 255, 0]),
        ([0.0, 128.0, 255.0, 1.5], np.float32, "F", [0, 128, 255, 2]),
        ([0.0, 1e30, 2.5e29, 1.0], np.float32, "F", [0, 255, 64, 0]),
        ([np.nan, 1.0, np.inf, -np.inf], np.float32, "F", [0, 255, 0, 0]),
        ([0.0, 0.0, 0.0, 0.0], np.float32, "F", [0, 0, 0, 0]),
    ],
    ids=[
        *("16-bit", "16-bit-dark", "int-to-255", "int-to-65535", "int-beyond"),
        *("float-to-1", "float-to-255", "float-beyond", "no-numbers", "black"),
    ],
)
def test_values_become_levels(
    values: list[float], dtype: Any, mode: str, expected: list[int]
) -> None:
    grey = to_grey(np.array(values, dtype=dtype).reshape(2, 2), mode)

    assert grey.dtype == np.uint8
    assert grey.ravel().tolist() == expected


@given(arrays(np.float32, (3, 5), elements=st.floats(width=32)))
def test_any_floats_become_levels_in_their_own_order(values: np.ndarray[Any, Any]) -> None:
    grey = to_grey(values, "F")

    finite = np.isfinite(values)
    by_value = grey[finite][np.argsort(values[finite], kind="stable")]
    assert (np.diff(by_value.astype(int)) >= 0).all()


def test_a_picture_without_pixels_stays_without() -> None:
    assert to_grey(np.zeros((0, 4), np.int32), "I").shape == (0, 4)
