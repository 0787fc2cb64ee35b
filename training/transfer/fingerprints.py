"""What a picture file is, in few bytes: its digest, its size and a small grey copy."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.cores import cores
from inference.errors import CallerError
from inference.framing import Size
from inference.pictures.decoding import PictureLimits, decode
from inference.recipe import Recipe
from training.labelled import LabelledPicture

SIDE: Final = 16
_FINER: Final = 4
"""A JPEG is reduced while it is decoded, by eighths at most of its own grid, not of ours: averages
over so many places each way are the same for it as for a PNG."""
_RECIPE: Final = Recipe(resize="box", colour="L")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """SHA-256 of the file, the size as a viewer shows it, `(16, 17) uint8` grey."""

    sha256: str
    size: Size
    grey: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a file has no fingerprint; `unreadable` says that it could not even be read."""

    reason: str
    unreadable: bool = False


def fingerprint(picture: LabelledPicture) -> Fingerprint | Broken:
    """Decode the file as serving would; never an error, nor more memory than a picture takes."""
    limits = PictureLimits()
    try:
        with picture.path.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
        seen = decode(data, ((SIDE + 1) * _FINER, SIDE * _FINER), _RECIPE, limits)
    except CallerError as exc:
        return Broken(str(exc))
    except OSError as exc:
        return Broken(str(exc.strerror), unreadable=True)
    size = (seen.width, seen.height)
    places = seen.pixels.reshape(SIDE, _FINER, SIDE + 1, _FINER)
    grey = places.mean(axis=(1, 3)).round().astype(np.uint8)
    return Fingerprint(hashlib.sha256(data).hexdigest(), size, grey)


def fingerprints(
    pictures: Sequence[LabelledPicture], count: Callable[[int], None]
) -> Iterator[Fingerprint | Broken]:
    """Those of all pictures in their order, on all cores; `count` hears how many there are.

    What `count` raises ends the work at once.
    """
    pool = ThreadPoolExecutor(cores())
    try:
        for done, each in enumerate(pool.map(fingerprint, pictures), start=1):
            count(done)
            yield each
    finally:
        pool.shutdown(cancel_futures=True)
