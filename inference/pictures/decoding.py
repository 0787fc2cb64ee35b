"""Pictures: bytes of any accepted format in, the pixels that a recipe asks for out.

Pillow is imported here, in `modes` and in `plugins` alone. Only the formats in `FORMATS` are ever
tried, sizes are checked on the header before memory is spent on pixels, and whatever a decoder
raises leaves here as an error of `inference.errors`. Everything is safe to call from several
threads; the decoders release the GIL.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from inference.errors import BadImage
from inference.framing import Size, central_box, draft_size
from inference.pictures.boxes import has_readable_lists
from inference.pictures.formats import FORMATS as FORMATS
from inference.pictures.formats import unidentified
from inference.pictures.jpeg import reaches_its_scan
from inference.pictures.limits import PictureLimits as PictureLimits
from inference.pictures.limits import too_many_pixels
from inference.pictures.misread import put_right
from inference.pictures.modes import flatten
from inference.pictures.plugins import common_formats, rare_formats
from inference.pictures.reading import Pieces
from inference.pictures.tiff import has_readable_directory
from inference.recipe import Recipe

# What Pillow's own fuzz test expects of its decoders, and what was seen beyond it.
_DECODER_FAULTS = (
    *(OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, MemoryError),
    *(AttributeError, AssertionError, RuntimeError, EOFError, struct.error, zlib.error),
)
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)

_ORIENTATION_TAG = 0x0112
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture: its format, its size as a viewer shows it, and what the model looks at.

    `pixels` is `(height, width, 3) uint8` RGB, or `(height, width, 1)` for a grey recipe, at the
    model's size and not at the picture's.
    """

    format: str
    width: int
    height: int
    pixels: NDArray[np.uint8]


def decode(data: bytes, size: Size, recipe: Recipe, limits: PictureLimits) -> Picture:
    """The picture in `data`, cropped and resized to `size` (width, height) as `recipe` says.

    Raises `UnsupportedImage`, `ImageTooLarge` or `BadImage`. Needs a few times the memory of the
    pixels that are decoded, and gives it back.
    """
    if not data:
        raise BadImage("the picture is empty: 0 bytes arrived")
    limits.check_bytes(data)
    if data.startswith(b"\xff\xd8") and not reaches_its_scan(data):
        raise BadImage("the header of the JPEG is damaged, or has no end: save it again")
    if not has_readable_directory(data):
        raise BadImage("the header of the TIFF lists more than any program writes: save it again")
    if not has_readable_lists(data):
        raise BadImage(
            "the header of the AVIF or HEIC lists more than any program writes: save it again"
        )
    image = _open(data, limits)
    whole = image.size
    with _decoder_faults(f"the {image.format} picture cannot be decoded", limits):
        put_right(image)
        # The orientation is known after decoding only: reduce for the longer side, either way.
        reduced = image.draft(None, draft_size(whole, (max(size), max(size)), recipe))
        limits.check_pixels(image, whole, data)
        drafted = image.size
        image.load()
        if image.size != drafted:  # a TIFF turns itself upright while it loads
            whole = image.size
        # The last pixels of a reduced JPEG may stand for what is partly beyond its edge.
        inside = reduced[1][2:] if reduced else image.size
        orientation = _orientation(image)
        lies = orientation >= 5
        framed = _frame(flatten(image), inside, size[::-1] if lies else size, recipe)
        upright = framed.transpose(_TRANSPOSE[orientation]) if orientation > 1 else framed
        pixels = np.asarray(upright).reshape(size[1], size[0], recipe.channels)
    width, height = whole[::-1] if lies else whole
    return Picture(str(image.format), width, height, pixels)


def _open(data: bytes, limits: PictureLimits) -> ImageFile.ImageFile:
    """The picture with its header read and its pixels not yet decoded."""
    with _decoder_faults("the header of the picture cannot be read", limits):
        for formats in (common_formats, rare_formats):
            try:
                return Image.open(Pieces(data), formats=formats())
            except UnidentifiedImageError:
                continue
    raise unidentified(data)


def _orientation(image: ImageFile.ImageFile) -> int:
    """1 to 8 as EXIF (or XMP alone) says, and 1 where that cannot be read: never a failure."""
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    except _DECODER_FAULTS:
        return 1
    return orientation if orientation in _TRANSPOSE else 1


def _frame(
    image: Image.Image, inside: tuple[float, float], size: Size, recipe: Recipe
) -> Image.Image:
    """Crop to what is `inside`, resize to `size`, in the colours of `recipe`.

    BGR is the tensor's affair.
    """
    colours = "L" if recipe.colour == "L" else "RGB"
    box = central_box(inside, size, recipe)
    resized = image.resize(size, Image.Resampling[recipe.resize.upper()], box=box)
    return resized if resized.mode == colours else resized.convert(colours)


@contextmanager
def _decoder_faults(what: str, limits: PictureLimits) -> Iterator[None]:
    """Map whatever Pillow raises: a bomb is too large, everything else is a bad picture."""
    try:
        yield
    except _BOMBS as exc:
        pixels = f"more than {Image.MAX_IMAGE_PIXELS:,}"
        raise too_many_pixels(pixels, limits.max_pixels) from exc
    except _DECODER_FAULTS as exc:
        raise BadImage(f"{what}: {_reason(exc)}") from exc


def _reason(exc: BaseException) -> str:
    """A decoder's own words, short and without addresses of objects."""
    words = str(exc).split("<", 1)[0].strip(" :")[:120]
    return words or type(exc).__name__
