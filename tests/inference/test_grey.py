"""Grey: scientific values become 8 bits by the rule in the docstring, and never fail."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, TiffImagePlugin

from inference.pictures.decoding import PictureLimits, decode
from inference.pictures.grey import declared_white, to_grey
from inference.recipe import Recipe


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


@pytest.mark.parametrize(
    ("tags", "white"),
    [
        ({258: (16,)}, None),
        ({258: (12,)}, 4_095),
        ({258: (16,), 281: (4_095,)}, 4_095),
        ({258: (16,), 281: 1_023}, 1_023),
        ({258: (16,), 341: (16_383.0,)}, 16_383),
        ({258: (16,), 281: (3_871,)}, None),
        ({258: (16,), 281: (65_535,)}, None),
        ({258: (16,), 341: ("a", 1)}, None),
        ({258: (8, 8, 8), 281: (255, 255, 255)}, None),
        ({}, None),
    ],
    ids=[
        *("16 bits", "12 bits", "a maximum of 12 bits", "of 10 bits", "the newer tag"),
        *("a maximum of this picture", "the whole range", "nonsense", "colours", "no TIFF"),
    ],
)
def test_the_white_of_a_camera_is_what_its_file_declares(
    tags: dict[int, Any], white: float | None
) -> None:
    assert declared_white(tags) == white


LEVELS = np.array([[0, 1_024, 2_048, 4_095]], np.uint16)


def pixels_of(picture: bytes) -> list[int]:
    recipe = Recipe(colour="L", resize="nearest")
    return decode(picture, (4, 1), recipe, PictureLimits()).pixels.ravel().tolist()


def test_a_tiff_of_twelve_bits_is_as_bright_as_it_was_seen() -> None:
    plain, declared = io.BytesIO(), io.BytesIO()
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[281] = 4_095
    Image.fromarray(LEVELS).save(plain, "TIFF")
    Image.fromarray(LEVELS).save(declared, "TIFF", tiffinfo=tags)

    assert pixels_of(declared.getvalue()) == [0, 64, 128, 255]
    assert pixels_of(plain.getvalue()) == [0, 4, 8, 16]


def test_the_significant_bits_of_a_png_change_nothing() -> None:
    """Its values are scaled to all 16 bits, whatever they came from: so the standard has it."""
    written = io.BytesIO()
    Image.fromarray(LEVELS * 16).save(written, "PNG")
    png, end = written.getvalue(), 8 + 25
    chunk = b"sBIT\x0c"
    with_bits = png[:end] + struct.pack(">I", 1) + chunk + struct.pack(">I", zlib.crc32(chunk))

    assert pixels_of(with_bits + png[end:]) == pixels_of(png) == [0, 64, 128, 255]
