"""Small copies of held-out pictures, which travel with a bundle for ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from inference.framing import Size
from inference.pictures.decoding import PictureLimits, decode
from inference.recipe import Recipe
from training.exhibits import GOLDEN_PICTURES
from training.generated import png
from training.transfer.survey import Sample

_LONGER_SIDE: Final = 256
"""Of a copy, in pixels, at most."""
_COPY: Final = Recipe(resize="bicubic")


def golden_pictures(held_out: Sequence[Sample]) -> dict[str, bytes]:
    """Small copies of a few held-out pictures, of different classes where there are several."""
    return {
        f"{number}.png": _small_copy(each)
        for number, each in enumerate(evenly(held_out, GOLDEN_PICTURES))
    }


def _small_copy(sample: Sample) -> bytes:
    """As a PNG without metadata: a photograph may carry the place where it was taken."""
    width, height = sample.print.size
    shrink = min(1.0, _LONGER_SIDE / max(width, height))
    size: Size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    return png(decode(sample.picture.data, size, _COPY, PictureLimits()).pixels)


def evenly(samples: Sequence[Sample], most: int) -> list[Sample]:
    """At most `most` of them, evenly from the first to the last."""
    count = min(len(samples), most)
    return [samples[place * len(samples) // count] for place in range(count)]
