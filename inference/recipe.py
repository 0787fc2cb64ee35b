"""The recipe: how a picture becomes the numbers that a model expects, as data.

A recipe travels in the bundle's manifest. No preprocessing constant lives in code.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

Resize = Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
Fit = Literal["crop", "squash"]
Colour = Literal["RGB", "BGR", "L"]
PerChannel = Annotated[tuple[float, ...], Field(min_length=1, max_length=3)]


class Recipe(BaseModel):
    """Preprocessing as data: `(pixel * scale - mean) / std`, after resizing and cropping.

    `fit="crop"` takes the central square whose side is `crop_fraction` of the shorter side,
    `fit="squash"` takes the whole picture whatever its shape. `mean` and `std` have one value
    for all channels or one per channel, in the order of `colour`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    resize: Resize = "bilinear"
    fit: Fit = "squash"
    crop_fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    colour: Colour = "RGB"
    scale: float = 1.0
    mean: PerChannel = (0.0,)
    std: PerChannel = (1.0,)

    @model_validator(mode="after")
    def _fits_its_channels(self) -> Self:
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, self.channels):
                raise ValueError(
                    f"{name} has {len(values)} values; a {self.colour} recipe takes one, "
                    f"or {self.channels}"
                )
        if 0.0 in self.std:
            raise ValueError("std holds a zero: nothing can be divided by it")
        return self

    @property
    def channels(self) -> int:
        """Channels of the tensor: 1 for grey, else 3."""
        return 1 if self.colour == "L" else 3

    def table(self) -> NDArray[np.float64]:
        """What each of the 256 levels becomes, per channel: `(channels, 256) float64`.

        Pixels are 8-bit, so the recipe is a table look-up; building it in float64 keeps every
        dtype of input tensor within half a step of the exact value.
        """
        levels = np.arange(256, dtype=np.float64)[np.newaxis, :] * self.scale
        mean = self._column(self.mean)
        std = self._column(self.std)
        return (levels - mean) / std

    def _column(self, values: PerChannel) -> NDArray[np.float64]:
        """Per-channel values as a `(channels, 1)` column."""
        column = np.asarray(values, dtype=np.float64)[:, np.newaxis]
        return np.broadcast_to(column, (self.channels, 1))
