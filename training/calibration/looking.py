"""What a network says to pictures, before anything is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from inference.cores import cores
from inference.errors import CallerError
from inference.model import Model
from inference.outsiders import statistics
from inference.pictures.decoding import PictureLimits, decode
from inference.scores import logits_of, to_scores
from training.evaluation.folder import read
from training.labelled import LabelledPicture
from training.photos import digest


@dataclass(frozen=True, slots=True)
class Seen:
    """`n` pictures: the network's `outputs` `(n, classes)`, and `pixels`, statistics of each."""

    pictures: tuple[LabelledPicture, ...]
    outputs: NDArray[np.float32]
    pixels: NDArray[np.float64]
    model: Model

    @property
    def truth(self) -> NDArray[np.intp]:
        """The class of each."""
        return np.array([each.index for each in self.pictures], dtype=np.intp)

    @property
    def logits(self) -> NDArray[np.float64]:
        """`(n, classes)`."""
        return logits_of(self.outputs, self.model.bundle.manifest.output.activation)

    @property
    def data_sha256(self) -> str:
        """The digest of these pictures."""
        return digest(self.pictures)

    def scores(self, temperature: float) -> NDArray[np.float32]:
        """`(n, classes)`, row by row as a service makes them."""
        activation = self.model.bundle.manifest.output.activation
        return np.stack([to_scores(row, activation, temperature) for row in self.outputs])

    def part(self, places: NDArray[np.intp]) -> Self:
        """Some of them."""
        pictures = tuple(self.pictures[place] for place in places)
        return type(self)(pictures, self.outputs[places], self.pixels[places], self.model)


def look(model: Model, pictures: Sequence[LabelledPicture]) -> tuple[Seen, tuple[str, ...]]:
    """What `model`, which is not calibrated, says to `pictures`, on all cores.

    With it, the names of files that cannot be decoded.
    """
    limits = PictureLimits()

    def see(picture: LabelledPicture) -> tuple[NDArray[np.float32], NDArray[np.float64]] | None:
        try:
            data = read(picture, limits.max_bytes)
            pixels = decode(data, model.size, model.recipe, limits).pixels
        except (CallerError, OSError):
            return None
        return model.output(pixels), statistics(pixels)

    with ThreadPoolExecutor(cores()) as pool:
        found = list(pool.map(see, pictures))
    good = [(each, what) for each, what in zip(pictures, found, strict=True) if what]
    broken = tuple(each.name for each, what in zip(pictures, found, strict=True) if not what)
    seen = Seen(
        tuple(each for each, _ in good),
        np.array([output for _, (output, _) in good]),
        np.array([numbers for _, (_, numbers) in good]),
        model,
    )
    return seen, broken
