"""Headers that Pillow misreads: the pixels are those that the file has, whoever wrote it."""

from __future__ import annotations

import struct
import zlib

import pytest

from inference.errors import BadImage
from inference.pictures.decoding import PictureLimits, decode
from inference.recipe import Recipe
from tests.inference import forged
from tests.inference.drawing import in_mode, saved

SIDE = 8
STEPS = range(SIDE)
RAW, DEFLATED = 1, 8
NUMBERS = {"int16": (16, 2, "h", 4_000), "int32": (32, 2, "i", 8_000), "float": (32, 3, "f", 1)}
"""Bits, sample format, letter of `struct`, and how far a value lies from the one before."""


def rows_of(picture: bytes) -> list[tuple[int, ...]]:
    """The first row of the pixels, colour by colour."""
    found = decode(picture, (SIDE, SIDE), Recipe(resize="nearest"), PictureLimits())
    return [tuple(found.pixels[0, :, colour].tolist()) for colour in range(3)]


def greys_of(picture: bytes) -> list[int]:
    """The first row of a grey picture."""
    red, green, blue = rows_of(picture)
    assert red == green == blue
    return list(red)


def grey_tiff(values: bytes, bits: int, *, order: str = "<", **tags: int) -> bytes:
    """A TIFF of eight equal rows, with its other tags by name."""
    numbers = {"compression": 259, "photometric": 262, "planes": 284, "format": 339}
    said = {numbers[name]: (3, [value]) for name, value in tags.items()}
    content = values * SIDE
    if tags.get("compression") == DEFLATED:
        content = zlib.compress(content)
    return forged.tiff(
        SIDE, SIDE, {258: (3, [bits]), 278: (3, [SIDE]), **said}, content, order=order
    )


@pytest.mark.parametrize(("bits", "colour"), [(1, 1), (2, 1), (4, 5), (8, 5), (16, 5_000)])
def test_the_transparent_grey_of_a_png_is_white_at_any_depth(bits: int, colour: int) -> None:
    line = "".join(f"{value:0{bits}b}" for value in [colour] * 4 + [0] * 4)
    row = b"\0" + int(line, 2).to_bytes(bits)
    transparent = forged.png_chunk(b"tRNS", struct.pack(">H", colour))

    assert greys_of(forged.png(SIDE, SIDE, bits, 0, row * SIDE, transparent)) == [255] * 4 + [0] * 4


@pytest.mark.parametrize("colour", [(0x1234, 0x5678, 0x9ABC), (0xFFFF, 0, 0)])
def test_the_transparent_colour_of_a_png_of_16_bits_is_white(colour: tuple[int, int, int]) -> None:
    packed = struct.pack(">3H", *colour)
    row = b"\0" + packed * 4 + bytes(6) * 4
    picture = forged.png(SIDE, SIDE, 16, 2, row * SIDE, forged.png_chunk(b"tRNS", packed))

    assert greys_of(picture) == [255] * 4 + [0] * 4


@pytest.mark.parametrize("compression", [RAW, DEFLATED])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("bits", "letter", "white"), [(8, "B", 255), (16, "H", 65_535)])
def test_a_tiff_whose_zero_is_white_is_no_negative(
    bits: int, letter: str, white: int, order: str, compression: int
) -> None:
    values = struct.pack(f"{order}{SIDE}{letter}", *(step * white // 7 for step in STEPS))
    picture = grey_tiff(values, bits, order=order, photometric=0, compression=compression)

    assert greys_of(picture) == pytest.approx([255 - step * 255 / 7 for step in STEPS], abs=1)


@pytest.mark.parametrize("compression", [RAW, DEFLATED])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("photometric", [0, 1])
def test_numbers_in_either_order_of_bytes_are_the_same_greys(
    kind: str, order: str, compression: int, photometric: int
) -> None:
    bits, sample_format, letter, step = NUMBERS[kind]
    values = struct.pack(f"{order}{SIDE}{letter}", *(each * step for each in STEPS))
    tags = {"format": sample_format, "compression": compression, "photometric": photometric}

    white = 255 if kind == "float" else 65_535
    levels = [each * step * 255 / white for each in STEPS]
    expected = levels if photometric else [255 - each for each in levels]
    assert greys_of(grey_tiff(values, bits, order=order, **tags)) == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [RAW, DEFLATED])
@pytest.mark.parametrize(
    ("bits", "letter", "photometric"), [(8, "B", 2), (16, "H", 2), (16, "H", 5)]
)
def test_planes_of_any_depth_are_put_together(
    bits: int, letter: str, photometric: int, compression: int, order: str
) -> None:
    white = 2**bits - 1
    colours = [[step * white // 7 // part for step in STEPS] for part in (1, 2, 4)]
    planes = [*colours, [0] * SIDE] if photometric == 5 else colours
    packed = [struct.pack(f"{order}{SIDE}{letter}", *each) * SIDE for each in planes]
    if compression == DEFLATED:
        squeezed = [zlib.compress(each) for each in packed]
        longest = max(map(len, squeezed))
        packed = [each.ljust(longest, b"\0") for each in squeezed]
    tags = {258: [bits] * len(planes), 259: [compression], 262: [photometric]}
    tags |= {277: [len(planes)], 278: [SIDE], 284: [2]}
    picture = forged.tiff(
        *(SIDE, SIDE, {tag: (3, values) for tag, values in tags.items()}, b"".join(packed)),
        planes=len(planes),
        order=order,
    )

    shades = [[step * 255 / 7 / part for step in STEPS] for part in (1, 2, 4)]
    for row, shade in zip(rows_of(picture), shades, strict=True):
        ink = [255 - each for each in shade]
        assert row == pytest.approx(ink if photometric == 5 else shade, abs=1)


@pytest.mark.parametrize(("bits", "row"), [(1, b"\xf0"), (4, b"\xff\xff\0\0"), (16, b"\xff" * 8)])
@pytest.mark.parametrize("photometric", [0, 1])
def test_one_plane_alone_lies_as_it_would_without_the_tag(
    bits: int, row: bytes, photometric: int
) -> None:
    seen = greys_of(grey_tiff(row.ljust(bits, b"\0"), bits, photometric=photometric, planes=2))

    assert seen == ([255] * 4 + [0] * 4 if photometric else [0] * 4 + [255] * 4)


XMP = {"text": (2, b'<x tiff:Orientation="6"/>\0'), "numbers": (4, [1, 2, 3])}


@pytest.mark.parametrize("kind", XMP)
def test_xmp_that_was_written_as_something_else_spoils_no_tiff(kind: str) -> None:
    picture = forged.tiff(4, 8, {278: (3, [8]), 700: XMP[kind]}, bytes(32))

    found = decode(picture, (SIDE, SIDE), Recipe(), PictureLimits())

    assert (found.width, found.height) == ((8, 4) if kind == "text" else (4, 8))


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("compression", [RAW, DEFLATED])
@pytest.mark.parametrize(("order", "begin"), [("<", b"II+\0"), (">", b"MM\0+")])
def test_a_big_tiff_is_read_in_either_order_of_bytes(
    order: str, begin: bytes, compression: int, orientation: int
) -> None:
    content = bytes(step * 30 for step in STEPS) * 4
    packed = zlib.compress(content) if compression == DEFLATED else content
    tags = {256: SIDE, 257: 4, 258: 8, 259: compression, 262: 1, 274: orientation, 277: 1}
    tags |= {278: 4, 273: 16 + 8 + 20 * 10 + 8, 279: len(packed)}
    head = begin + struct.pack(f"{order}HHQQ", 8, 0, 16, len(tags))
    # A number of 64 bits, so that it lies at the same place in either order.
    entries = (struct.pack(f"{order}HHQQ", tag, 16, 1, tags[tag]) for tag in sorted(tags))
    picture = head + b"".join(entries) + bytes(8) + packed

    found = decode(picture, (SIDE, SIDE), Recipe(resize="nearest", fit="squash"), PictureLimits())

    seen = found.pixels[0, :, 0] if orientation == 1 else found.pixels[:, 0, 0]
    assert seen.tolist() == [step * 30 for step in STEPS]
    assert (found.width, found.height) == ((SIDE, 4) if orientation == 1 else (4, SIDE))


def test_a_damaged_fax_writes_nothing_into_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    fax = saved(in_mode("1"), "TIFF", compression="group4")

    decode(fax[:30] + b"\xff" * 100 + fax[130:], (SIDE, SIDE), Recipe(), PictureLimits())

    assert capfd.readouterr().err == ""


def test_a_damaged_header_writes_nothing_into_the_log(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BadImage, match="header cannot be read: send it whole, or save it again"):
        decode(forged.tiff(8, 8, {277: (3, [9_999])}, b""), (8, 8), Recipe(), PictureLimits())

    assert capfd.readouterr().err == ""
    assert not caplog.records


@pytest.mark.parametrize("size", [1_000, 3_000_000])
def test_a_colour_profile_of_any_size_spoils_no_png(size: int) -> None:
    profile = forged.png_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(size)))

    assert greys_of(forged.png(SIDE, SIDE, 8, 0, (b"\0" + b"\x50" * SIDE) * SIDE, profile))[0] == 80
