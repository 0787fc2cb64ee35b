"""A picture's file as Pillow reads it, in so many pieces and no more."""

from __future__ import annotations

import io

MAX_READS = 200_000
MAX_READS_OF_BMP = 1_000_000
"""A BMP in runs is read run by run, which takes a tenth of the time of other pieces."""

MAX_EXIF_BYTES = 1_000_000
"""A segment of a JPEG has at most 65,533, and cameras fill one. Pillow makes a Python number of
each value of an entry that it wants, though it be a hundred thousand of them.
"""

BIG_TIFF, BIG_TIFF_AS_READ = b"MM\0+", b"MM+\0"
"""How a BigTIFF of the other order of bytes begins, and how it must for Pillow to read it so."""


class Pieces(io.BytesIO):
    """Bytes that may be read so often: OSError after that.

    Chunks of a PNG, blocks of a GIF, strips and entries of a TIFF, runs of a BMP: Pillow reads each
    by itself, in Python, and twenty megabytes hold millions of them. So this bounds the time that
    a file takes, whatever its format, before the decoders in C see it and while they do.
    """

    def __init__(self, data: bytes) -> None:
        is_big_endian = data.startswith(BIG_TIFF)
        super().__init__(BIG_TIFF_AS_READ + data[4:] if is_big_endian else data)
        self._data = data
        self._left = MAX_READS_OF_BMP if data.startswith(b"BM") else MAX_READS

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes."""
        self._left -= 1
        if self._left < 0:
            raise OSError("it is in more pieces than any program writes")
        return super().read(size)

    def getvalue(self) -> bytes:
        """All of them as they came, which is how libtiff takes a TIFF."""
        return self._data
