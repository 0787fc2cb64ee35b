"""From 8-bit pixels to the numbers of an input tensor, by table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from inference.recipe import Recipe


@dataclass(frozen=True, slots=True)
class TensorType:
    """Dtype of a tensor and, when it is quantised, `real = (number - zero_point) * scale`.

    `scale` is 0 for a tensor that is not quantised, as LiteRT reports it.
    """

    dtype: np.dtype[Any]
    scale: float = 0.0
    zero_point: int = 0

    def quantise(self, real: NDArray[np.float64]) -> NDArray[Any]:
        """`real` in this tensor's own numbers, rounded half to even and clipped to its range."""
        if self.dtype.kind == "f":
            return real.astype(self.dtype)
        limits = np.iinfo(self.dtype)
        steps = np.rint(real / self.scale) + self.zero_point if self.scale else np.rint(real)
        numbers: NDArray[Any] = np.clip(steps, limits.min, limits.max).astype(self.dtype)
        return numbers

    def dequantise(self, numbers: NDArray[Any]) -> NDArray[np.float32]:
        """The real values of `numbers`, as float32."""
        if not self.scale:
            return numbers.astype(np.float32, copy=False)
        return (numbers.astype(np.float32) - np.float32(self.zero_point)) * np.float32(self.scale)


class TensorTable:
    """A recipe, worked out for one type of tensor; immutable, so any thread may use it."""

    def __init__(self, recipe: Recipe, tensor_type: TensorType) -> None:
        table = tensor_type.quantise(recipe.table())
        self._reverse = recipe.colour == "BGR"
        # Most recipes treat all channels alike; then one look-up does for the whole picture.
        self._rows = table[:1] if (table == table[0]).all() else table

    @property
    def dtype(self) -> DTypeLike:
        """Dtype of the tensors that are made."""
        return self._rows.dtype

    def tensor(self, pixels: NDArray[np.uint8]) -> NDArray[Any]:
        """`(height, width, channels) uint8` RGB or grey → `(1, height, width, channels)`."""
        if self._reverse:
            pixels = pixels[..., ::-1]
        if len(self._rows) == 1:
            tensor: NDArray[Any] = _look_up(self._rows[0], pixels)
        else:
            channels = [_look_up(row, pixels[..., at]) for at, row in enumerate(self._rows)]
            tensor = np.stack(channels, axis=-1)
        return tensor[np.newaxis]


def _look_up(row: NDArray[Any], pixels: NDArray[np.uint8]) -> NDArray[Any]:
    """The number for each of `pixels`, from a row of 256."""
    # Every byte has its place; not to look whether it has is a third of the time.
    return row.take(pixels, mode="wrap")
