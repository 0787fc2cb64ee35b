"""Pillow's modes: how a picture stores its colours, brought to 8 bits without alpha or palette."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import numpy as np
from PIL import Image

from inference.pictures.grey import declared_white, is_negative, to_grey


def flatten(image: Image.Image) -> Image.Image:
    """The same picture in an 8-bit mode without alpha, palette or scientific range."""
    known = _FLATTEN.get(image.mode.partition(";")[0])
    if image.has_transparency_data and known is not _grey_of_numbers:
        white = Image.new("RGB", image.size, "white")
        # Premultiplied grey converts to nothing but grey with alpha.
        opaque = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
        white.paste(opaque, mask=opaque)
        return white
    return known(image) if known else image.convert("RGB")


def _itself(image: Image.Image) -> Image.Image:
    return image


def _grey(image: Image.Image) -> Image.Image:
    return image.convert("L")


def _grey_of_numbers(image: Image.Image) -> Image.Image:
    """16-bit, 32-bit and float grey, brought to 8 bits: `convert` would clip it to white."""
    numbers, tags = np.asarray(image), getattr(image, "tag_v2", {})
    grey = to_grey(numbers, image.mode, declared_white(tags))
    if is_negative(tags):
        grey = 255 - grey
    if "transparency" in image.info:
        grey[numbers == image.info["transparency"]] = 255
    return Image.fromarray(grey)


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    """LAB through a colour profile: Pillow's own `convert` does not know it."""
    cms = import_module("PIL.ImageCms")
    converted: Image.Image = cms.profileToProfile(
        image, cms.createProfile("LAB"), cms.createProfile("sRGB"), outputMode="RGB"
    )
    return converted


# Modes that are not here go through `convert("RGB")`.
_FLATTEN: dict[str, Callable[[Image.Image], Image.Image]] = {
    "RGB": _itself,
    "L": _itself,
    "CMYK": _itself,
    "YCbCr": _itself,
    "1": _grey,
    "I": _grey_of_numbers,
    "F": _grey_of_numbers,
    "LAB": _lab_to_rgb,
}
