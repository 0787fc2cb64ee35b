"""Pictures drawn for a test, in every mode and format, and the pixels that a viewer would show."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, PngImagePlugin, TiffImagePlugin

WIDTH, HEIGHT = 48, 32
XMP_TAG = 700

# What was done to a picture that says "turn me so" (EXIF orientation), undone.
_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def scene() -> Image.Image:
    """48x32 RGB, smooth, and different in each corner: red, green, blue and grey."""
    corners = Image.new("RGB", (2, 2))
    corners.putdata([(220, 30, 30), (30, 200, 40), (40, 40, 210), (130, 130, 130)])
    return corners.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)


def in_mode(mode: str) -> Image.Image:
    """The scene in one of Pillow's modes; 16-bit, 32-bit and float grey use their whole range."""
    image = scene()
    grey = np.asarray(image.convert("L"))
    match mode:
        case "I;16":
            return Image.fromarray(grey.astype(np.uint16) * 257)
        case "I":
            return Image.fromarray(grey.astype(np.int32) * 257)
        case "F":
            return Image.fromarray(grey.astype(np.float32) / 255)
        case "LAB":
            lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB")
            assert converted is not None
            return converted
        case "P":
            return image.quantize(64)
        case "LA" | "PA" | "RGBA":
            return see_through().convert(mode)
    return image.convert(mode)


def see_through() -> Image.Image:
    """The scene as RGBA, opaque on the left and fully transparent on the right."""
    image = scene().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").rotate(90).resize(image.size))
    return image


def shown(image: Image.Image) -> NDArray[np.uint8]:
    """`(height, width, 3) uint8`: what a viewer shows of `image` on a white page."""
    if image.mode in {"I;16", "I", "F", "LAB"}:
        image = scene() if image.mode == "LAB" else scene().convert("L")
    page = Image.new("RGBA", image.size, "white")
    page.alpha_composite(image.convert("RGBA"))
    return np.asarray(page.convert("RGB"))


def saved(image: Image.Image, file_format: str, **options: Any) -> bytes:
    """The bytes of `image` in a format of Pillow's, lossless or nearly so."""
    if file_format in {"JPEG", "MPO", "WEBP", "AVIF"}:
        options = {"quality": 95, **options}
    if file_format in {"JPEG", "MPO"} and image.mode != "CMYK":
        options = {"subsampling": 0, **options}
    if file_format == "AVIF":
        options = {"speed": 8, "subsampling": "4:4:4", **options}
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def turned(upright: Image.Image, file_format: str, orientation: int, by: str) -> bytes:
    """`upright` stored turned, with the orientation that turns it back, in EXIF or XMP alone."""
    image = upright.transpose(_STORED[orientation]) if orientation in _STORED else upright
    if by == "EXIF":
        exif = Image.Exif()
        exif[0x0112] = orientation
        return saved(image, file_format, exif=exif)
    xmp = f'<x:xmpmeta><rdf:Description tiff:Orientation="{orientation}"/></x:xmpmeta>'
    return saved(image, file_format, **_xmp_options(file_format, xmp))


def _xmp_options(file_format: str, xmp: str) -> dict[str, Any]:
    if file_format == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", xmp)
        return {"pnginfo": text}
    if file_format == "TIFF":
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[XMP_TAG] = xmp.encode()
        return {"tiffinfo": tags}
    return {"xmp": xmp.encode()}
