"""Pillow's plugins, without what nobody here asks of them.

Of a picture the first frame counts, and of what stands beside its pixels the orientation. What
else the plugins do with a header costs time, memory or lines in the log, and whoever made the
file would decide how much. Importing this changes Pillow for the whole process.
"""

from __future__ import annotations

import ctypes
import logging
import warnings
from functools import cache
from importlib import import_module
from typing import Any

from PIL import GifImagePlugin, Image, PngImagePlugin

from inference.pictures.formats import has_heif
from inference.pictures.reading import BIG_TIFF, BIG_TIFF_AS_READ, MAX_EXIF_BYTES

_ZERO_IS_WHITE, _ZERO_IS_BLACK = 0, 1
_NUMBERS = frozenset("IF")


class _Exif(Image.Exif):
    """EXIF of no more than cameras write: of what is longer, nothing is known."""

    def load(self, data: bytes) -> None:
        """Read a block."""
        if len(data or b"") <= MAX_EXIF_BYTES:
            super().load(data)

    def get_ifd(self, tag: int) -> dict[int, Any]:  # noqa: ARG002 - Pillow's
        """None of the directories within, which may hold as many numbers as a TIFF has room for."""
        return {}

    def _get_head(self) -> bytes:
        """How the file began, for the directory of a TIFF."""
        head: bytes = super()._get_head()
        return head.replace(BIG_TIFF, BIG_TIFF_AS_READ, 1)


def _pass_over(stream: PngImagePlugin.PngStream, _position: int, length: int) -> bytes:
    """Read a chunk and forget it."""
    return stream.fp.read(length) if stream.fp else b""


Image.Exif = _Exif  # type: ignore[misc]  # what all plugins make, some of them before `decode` sees
# Nothing larger is opened, whatever the settings say: Pillow's own guard, never switched off.
Image.MAX_IMAGE_PIXELS = 500_000_000
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
# What is damaged in somebody's picture is no news to whoever runs the service.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
logging.getLogger("PIL").setLevel(logging.CRITICAL)
# A kilobyte of a colour profile unpacks to a megabyte, and there may be thousands of them.
PngImagePlugin.PngStream.chunk_iCCP = _pass_over  # type: ignore[assignment, method-assign]
# How a frame is cleared for the next: Pillow fills memory of its size before that is checked.
GifImagePlugin.GifImageFile.disposal_method = property(lambda _: 0, lambda _, __: None)  # type: ignore[assignment]


def common_formats() -> list[str]:
    """What Pillow registers by itself; a JPEG of several pictures opens as MPO."""
    return ["JPEG", "PNG", "GIF", "BMP"]


def rare_formats() -> list[str]:
    """The other formats, whose plugins are imported when the first such picture comes."""
    for plugin in ("WebPImagePlugin", "TiffImagePlugin", "AvifImagePlugin"):
        import_module(f"PIL.{plugin}")
    _prepare_tiff()
    if not has_heif():
        return ["WEBP", "TIFF", "AVIF"]
    import_module("pillow_heif").register_heif_opener()
    return ["WEBP", "TIFF", "AVIF", "HEIF"]


@cache
def _prepare_tiff() -> None:
    """Widen what is taken for a TIFF, and let libtiff write nothing on standard error.

    There it has a line for each bad line of a fax.
    """
    tiff = import_module("PIL.TiffImagePlugin")
    tiff.PREFIXES.append(BIG_TIFF_AS_READ)
    for (order, zero, *numbers), modes in list(tiff.OPEN_INFO.items()):
        if zero == _ZERO_IS_BLACK and modes[0][0] in _NUMBERS:
            # Whatever its zero looks like: `flatten` heeds that.
            tiff.OPEN_INFO.setdefault((order, _ZERO_IS_WHITE, *numbers), modes)
    decoders = ctypes.CDLL(import_module("PIL._imaging").__file__)
    if set_handler := getattr(decoders, "TIFFSetErrorHandler", None):
        set_handler(None)
