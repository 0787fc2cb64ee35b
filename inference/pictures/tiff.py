"""What a TIFF's first directory says about the time and the memory that reading it takes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice

MAX_VALUES = 200_000
"""Of one entry, such as the places of strips; the longest that programs write, a curve for each
of 65,536 levels and three colours, is about as long. Pillow makes a Python number of each."""

MAX_ENTRIES = 10_000
"""Of the directory; what cameras and microscopes write has some dozens, at most some hundreds."""

_NUMBERS = frozenset({3, 4, 5, 6, *range(8, 14), 16, 17, 18})
"""Types of which a value is a number, and not a letter or a byte of something else."""
_ORDERS = {b"II": "<", b"MM": ">"}
_CLASSIC, _BIG = 42, 43


def has_readable_directory(data: bytes) -> bool:
    """Whether a TIFF's first directory is no absurdly long list, and holds none; of others, yes."""
    entries = list(islice(_entries(data), MAX_ENTRIES + 1))
    return len(entries) <= MAX_ENTRIES and all(
        kind not in _NUMBERS or count <= MAX_VALUES for kind, count in entries
    )


def _entries(data: bytes) -> Iterator[tuple[int, int]]:
    """Type and count of each entry; ends where the data ends."""
    order = _ORDERS.get(data[:2])
    try:
        if order is None:
            return
        # Pillow takes the version in either order of its bytes.
        if _CLASSIC in data[2:4]:
            (place,) = struct.unpack_from(f"{order}I", data, 4)
            number, layout, first, size = f"{order}H", f"{order}HI", place + 2, 12
        elif _BIG in data[2:4]:
            (place,) = struct.unpack_from(f"{order}Q", data, 8)
            number, layout, first, size = f"{order}Q", f"{order}HQ", place + 8, 20
        else:
            return
        (entries,) = struct.unpack_from(number, data, place)
        for at in range(first, min(first + entries * size, len(data)), size):
            yield struct.unpack_from(layout, data, at + 2)
    except (struct.error, OverflowError):
        return
