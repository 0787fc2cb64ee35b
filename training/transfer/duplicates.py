"""Pictures that are the same to the eye: saved again, resized, or copied under another name.

A difference hash (each of 16 × 16 places: is the next one to the right brighter?) finds
candidates; the small grey copies decide, because hashes of plain pictures are alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

_MOST_BITS: Final = 40
_MOST_DIFFERENCE: Final = 0.08
"""Of the picture's own contrast (one standard deviation): a photograph saved again as JPEG, or at
half the size, differs by up to 0.05, the two most similar of 1,797 handwritten digits by 0.11."""
_LEAST_CONTRAST: Final = 1.0
"""In grey levels: what is flatter counts as this, or noise would tell two black frames apart."""


def same_pictures(grey: NDArray[np.uint8]) -> list[tuple[int, ...]]:
    """Sets of two or more pictures that are the same, from small copies `(n, 16, 17) uint8`.

    A chain of likenesses makes one set. Takes n² / 2 comparisons of 32 bytes; what is of one set
    already is not looked at again, or thousands of black frames would take half an hour.
    """
    hashes = difference_hashes(grey)
    copies = grey.reshape(len(grey), -1).astype(np.float32)
    contrast = np.maximum(copies.std(axis=1), _LEAST_CONTRAST)
    sets = Sets(len(grey))
    for place in range(len(grey) - 1):
        apart = np.bitwise_count(hashes[place + 1 :] ^ hashes[place]).sum(axis=1)
        near = np.flatnonzero(apart <= _MOST_BITS) + place + 1
        near = near[sets.are_apart(place, near)]
        if not len(near):
            continue
        difference = np.sqrt(np.mean((copies[near] - copies[place]) ** 2, axis=1))
        most = _MOST_DIFFERENCE * np.maximum(contrast[near], contrast[place])
        for other in near[difference <= most].tolist():
            sets.join(place, other)
    return sets.of_several()


def difference_hashes(grey: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """256 bits for each picture: `(n, 4) uint64`."""
    brighter = grey[:, :, 1:] > grey[:, :, :-1]
    return np.packbits(brighter.reshape(len(grey), -1), axis=1).view(np.uint64)


class Sets:
    """Numbers 0 to n - 1 that come to belong together."""

    def __init__(self, count: int) -> None:
        self._set_of = np.arange(count)

    def find(self, number: int) -> int:
        """The least number of the set that `number` is in."""
        return int(self._set_of[number])

    def are_apart(self, number: int, others: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which of `others` are in another set than `number`."""
        apart: NDArray[np.bool_] = self._set_of[others] != self._set_of[number]
        return apart

    def join(self, one: int, other: int) -> None:
        """Make one set of the two that these are in."""
        first, second = sorted((self.find(one), self.find(other)))
        if first != second:
            self._set_of[self._set_of == second] = first

    def join_all(self, numbers: Sequence[int]) -> None:
        """Make one set of all these."""
        for each in numbers[1:]:
            self.join(numbers[0], each)

    def of_several(self) -> list[tuple[int, ...]]:
        """The sets of two or more, each sorted, in the order of their first members."""
        members: dict[int, list[int]] = {}
        for number in range(len(self._set_of)):
            members.setdefault(self.find(number), []).append(number)
        return [tuple(each) for each in members.values() if len(each) > 1]
