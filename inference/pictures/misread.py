"""What Pillow misreads in a picture's header, put right before the pixels are decoded.

Each of these gave other pixels than the file has, or refused a good file.
"""

from __future__ import annotations

from typing import Any

_WIDTH, _HEIGHT, _BITS, _SAMPLES, _PLANES = 256, 257, 258, 277, 284
_SEPARATE = 2

_GREY_BITS = {"L;2": 2, "L;4": 4}
_AS_MACHINE = {"I;16BS": "I;16NS", "I;32BS": "I;32NS", "F;32BF": "F;32NF"}


def put_right(image: Any) -> None:
    """Correct a picture that was opened and not yet loaded; of most there is nothing to correct."""
    match image.format:
        case "PNG":
            _put_transparency_right(image)
        case "TIFF":
            _put_planes_right(image)
            _put_order_right(image)
            _put_xmp_right(image)


def _put_transparency_right(image: Any) -> None:
    """A PNG names its transparent colour in its own depth, and Pillow compares 8 bits with it.

    Colours of 16 bits become transparent with those that are the same in 8.
    """
    colour = image.info.get("transparency")
    raw = image.tile[0].args if image.tile else None
    if raw == "RGB;16B" and isinstance(colour, tuple):
        image.info["transparency"] = tuple(value >> 8 for value in colour)
    elif raw in _GREY_BITS and isinstance(colour, int):
        white = 2 ** _GREY_BITS[raw] - 1
        image.info["transparency"] = (colour & white) * 255 // white


def _put_planes_right(image: Any) -> None:
    """A TIFF's planes that are not compressed are taken for such of 8 bits: libtiff knows better.

    One plane alone lies as if the tag were not there.
    """
    tags = image.tag_v2
    if tags.get(_PLANES) != _SEPARATE or image.use_load_libtiff:
        return
    if len(image.getbands()) == 1 and tags.get(_SAMPLES, 1) == 1:
        tags[_PLANES] = 1
        image._setup()  # noqa: SLF001 -- Pillow looks at the tags once, and there alone
    elif set(tags.get(_BITS, ())) == {16}:
        whole = (0, 0, tags[_WIDTH], tags[_HEIGHT])
        args = (f"{image.mode};16N", False, tags.offset)
        image.tile = [
            image.tile[0]._replace(codec_name="libtiff", extents=whole, offset=0, args=args)
        ]
        image.use_load_libtiff = True


def _put_order_right(image: Any) -> None:
    """What libtiff unpacks has the machine's order of bytes, whatever the file's is."""
    if image.use_load_libtiff:
        tile = image.tile[0]
        raw, *others = tile.args
        image.tile = [tile._replace(args=(_AS_MACHINE.get(raw, raw), *others))]


def _put_xmp_right(image: Any) -> None:
    """XMP is searched as bytes, and may have been written as text or as numbers."""
    xmp = image.info.pop("xmp", None)
    if isinstance(xmp, str):
        xmp = xmp.encode()
    if isinstance(xmp, bytes):
        image.info["xmp"] = xmp
