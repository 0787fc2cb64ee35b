"""Golden pictures are written by us, so that no version of a library changes their bytes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from training.generated import png


@pytest.mark.parametrize("size", [(1, 1), (72, 96), (145, 150), (256, 256), (86, 254)])
def test_a_picture_of_any_size_is_read_back_as_it_was(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)

    with Image.open(io.BytesIO(png(pixels))) as image:
        assert (np.asarray(image) == pixels).all()
