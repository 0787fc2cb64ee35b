"""Views: what else each picture might have looked like, for the frozen backbone to see as well.

What the Keras layers RandomFlip, RandomRotation (by quarters), RandomCrop and RandomBrightness do,
on the pixels that serving decodes, and without TensorFlow: it is not loaded where pictures are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from inference.framing import Size
from inference.recipe import Recipe
from training.labelled import LabelledPicture
from training.transfer.features import Extractor
from training.transfer.heads import Features
from training.transfer.survey import Sample
from training.transfer.work import key

Pixels = NDArray[np.uint8]
Augment = Literal["auto", "never"]

CLOSER: Final = 1.25
"""How much larger a picture is decoded for a crop, which then shows 64 % of it."""
MOST_PICTURES: Final = 600
"""Of which other views are looked at: seven more of each take half a minute of two cores, and the
more pictures there are, the less they add."""
MOST_LIGHT: Final = 0.15
"""Of the light: a crop is at most so much brighter or darker."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to a picture: turned by quarters, mirrored, seen closer at a chance place."""

    quarters: int = 0
    mirrored: bool = False
    closer: bool = False


_UPRIGHT: Final = (
    Change(mirrored=True),
    Change(closer=True),
    Change(closer=True, mirrored=True),
)
_TURNED: Final = (
    Change(1),
    Change(2, mirrored=True, closer=True),
    Change(3, closer=True),
    Change(1, mirrored=True, closer=True),
)
CHANGES: Final = (*_UPRIGHT, *_TURNED)

WAYS: Final[Mapping[str, int]] = {
    "mirrored and cropped": len(_UPRIGHT),
    "mirrored, cropped and turned": len(CHANGES),
}
"""Ways to learn from more than the pictures themselves: how many of `CHANGES` each takes, from
the first. What has an up and a down is not turned; what has a left and a right, as letters have,
is left as it is: cross-validation tells."""


def are_wanted(wish: Augment, pictures: int) -> bool:
    """Whether other views of so many pictures are looked at, to see whether they help."""
    return wish == "auto" and pictures <= MOST_PICTURES


class Viewer:
    """An extractor of the features of all `CHANGES` of a picture; safe from several threads."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor
        plan = [list(astuple(each)) for each in CHANGES]
        self.key = key(extractor.key, plan, CLOSER, MOST_LIGHT)

    def features(self, sample: Sample) -> Features:
        """`(len(CHANGES) × features,)`, those of one view after the other."""
        extractor = self._extractor
        seen = views(sample.picture, sample.print.sha256, extractor.size, extractor.recipe)
        return np.concatenate([extractor.of_pixels(each) for each in seen])


def views(picture: LabelledPicture, sha256: str, size: Size, recipe: Recipe) -> Iterator[Pixels]:
    """The picture after each of `CHANGES`, `(height, width, channels)`.

    Chance has the picture's digest as its seed: the same picture always gives the same views.
    """
    rng = np.random.default_rng(int(sha256, 16))
    width, height = size
    whole = picture.pixels(size, recipe)
    large = picture.pixels((round(width * CLOSER), round(height * CLOSER)), recipe)
    for change in CHANGES:
        pixels = _crop(large, size, rng) if change.closer else whole
        # A quarter turn of what is not square would not fit the network; half a turn does.
        pixels = np.rot90(pixels, change.quarters if width == height else 2 * change.quarters)
        yield np.ascontiguousarray(pixels[:, ::-1] if change.mirrored else pixels)


def _crop(pixels: Pixels, size: Size, rng: np.random.Generator) -> Pixels:
    """A part of `size`, somewhere, a little brighter or darker."""
    width, height = size
    top, left = (
        int(rng.integers(0, longer - side, endpoint=True))
        for longer, side in zip(pixels.shape, (height, width), strict=False)
    )
    light = rng.uniform(1 - MOST_LIGHT, 1 + MOST_LIGHT)
    part = pixels[top : top + height, left : left + width] * light
    lit: Pixels = np.clip(part.round(), 0, 255).astype(np.uint8)
    return lit
