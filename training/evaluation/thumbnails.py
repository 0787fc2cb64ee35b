"""Small JPEGs of pictures, as they stand inside a page."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Final

from inference.errors import CallerError
from inference.pictures.decoding import PictureLimits, decode
from inference.recipe import Recipe

SIDE: Final = 176
"""The longer side, in pixels; a picture that is smaller is shown as large as that."""
_QUALITY: Final = 78
_RECIPE: Final = Recipe()
_ENLARGED: Final = Recipe(resize="nearest")


def thumbnail(path: Path) -> str | None:
    """A `data:` address of the picture in small, without what its file tells besides.

    None if it cannot be read any more.
    """
    from matplotlib.image import imsave

    try:
        data = path.read_bytes()
        whole = decode(data, (1, 1), _RECIPE, PictureLimits())
        longer = max(whole.width, whole.height)
        size = (max(1, whole.width * SIDE // longer), max(1, whole.height * SIDE // longer))
        recipe = _ENLARGED if longer < SIDE else _RECIPE
        pixels = decode(data, size, recipe, PictureLimits()).pixels
    except (CallerError, OSError):
        return None
    file = io.BytesIO()
    imsave(file, pixels, format="jpeg", pil_kwargs={"quality": _QUALITY})
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
