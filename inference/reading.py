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


class Pieces(io.BytesIO):
    """Bytes that may be read so often: OSError after that.

    Chunks of a PNG, blocks of a GIF, strips and entries of a TIFF, runs of a BMP: Pillow reads each
    by itself, in Python, and twenty megabytes hold millions of them. So this bounds the time that
    a file takes, whatever its format, before the decoders in C see it and while they do.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._left = MAX_READS_OF_BMP if data.startswith(b"BM") else MAX_READS

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes."""
        self._left -= 1
        if self._left < 0:
            raise OSError("it is in more pieces than any program writes")
        return super().read(size)
