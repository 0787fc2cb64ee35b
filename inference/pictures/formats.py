"""The formats of pictures that are read, told from how their bytes begin."""

from __future__ import annotations

import re
from importlib.util import find_spec

from inference.errors import BadImage, UnsupportedImage

FORMATS = ("JPEG", "MPO", "PNG", "WebP", "GIF", "BMP", "TIFF", "AVIF")
"""The formats that are always read, as people write them."""

_MAGIC = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|BM|II(?:[*+]\0|\0\*)|MM(?:\0[*+]|\*\0)|"
    rb"RIFF....WEBP|....ftypavi[fs]",
    re.DOTALL,
)


def has_heif() -> bool:
    """Whether the extra `heif` is installed, with which HEIC is read too."""
    return find_spec("pillow_heif") is not None


def formats_read() -> tuple[str, ...]:
    """All formats that are read here."""
    return (*FORMATS, "HEIC") if has_heif() else FORMATS


def unidentified(data: bytes) -> BadImage | UnsupportedImage:
    """Why `data` could not be opened: a damaged picture, or none in any of these formats."""
    if _MAGIC.match(data):
        return BadImage(
            "the bytes begin as a picture does, and its header cannot be read: send it whole, or "
            "save it again with 8 bits for each colour"
        )
    return UnsupportedImage(
        f"the {len(data):,} bytes are no picture in a format that is read here "
        f"({', '.join(formats_read())}); they begin with {data[:8]!r}"
    )
