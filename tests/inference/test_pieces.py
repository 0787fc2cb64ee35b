"""Files in millions of pieces, each of which costs a decoder some microseconds."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from inference.errors import BadImage, CallerError, ImageTooLarge
from inference.pictures.decoding import Picture, decode
from inference.pictures.jpeg import MAX_SCANS, scans
from inference.pictures.limits import PictureLimits
from inference.pictures.reading import MAX_EXIF_BYTES
from inference.recipe import Recipe
from tests.costs import within
from tests.inference.drawing import saved, scene
from tests.inference.forged import avif_of_items, grey_jpeg, jpeg_segment, png, png_chunk, tiff

# Damaged metadata makes Pillow warn; the service leaves such warnings out of its log.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

SIZE = (24, 24)
MAX_SECONDS = 2.5
"""Of processor time, for any file of 20 MB; such a photograph takes one."""
MEGABYTE = 1_000_000


def verdict(data: bytes) -> Picture | CallerError:
    """The picture or the refusal; fails when finding out costs too much."""
    assert len(data) <= 20 * MEGABYTE
    try:
        return within(MAX_SECONDS, decode, data, SIZE, Recipe(), PictureLimits())
    except CallerError as error:
        return error


def png_of_chunks(count: int, name: bytes = b"abCd") -> bytes:
    return png(8, 8, 8, 0, bytes(72), png_chunk(name, b"a\0b") * count)


def png_of_crumbs(side: int) -> bytes:
    """A PNG whose pixels come byte by byte."""
    rows = zlib.compress(bytes((side + 1) * side), 0)
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    crumbs = b"".join(png_chunk(b"IDAT", rows[at : at + 1]) for at in range(len(rows)))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + crumbs + png_chunk(b"IEND", b"")


def gif_behind(blocks: bytes) -> bytes:
    whole = saved(scene().convert("P"), "GIF")
    start = 13 + (3 << (whole[10] & 7) + 1)
    return whole[:start] + blocks + whole[start:]


def gif_of_frames(count: int) -> bytes:
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x4c\1\0"
    return b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0, 0, 0) + frame * count + b";"


def tiff_of_strips(count: int) -> bytes:
    places = {273: (4, [8] * count), 279: (4, [1] * count), 278: (4, [1])}
    whole = tiff(1, count, {}, b"x")
    start = len(whole)
    entries = bytearray(whole)
    for tag, (kind, values) in places.items():
        at = whole.find(struct.pack("<HH", tag, kind))
        if at >= 0:
            struct.pack_into("<II", entries, at + 4, len(values), start)
            entries += struct.pack(f"<{len(values)}I", *values)
            start = len(entries)
    return bytes(entries)


def big_tiff(entries: int) -> bytes:
    """A BigTIFF whose directory lists entries of a type that nobody knows."""
    wanted = {256: 1, 257: 1, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 1, 279: 1}
    known = b"".join(struct.pack("<HHQQ", tag, 4, 1, value) for tag, value in wanted.items())
    head = b"II+\0" + struct.pack("<HHQQ", 8, 0, 16, len(wanted) + entries)
    return head + known + struct.pack("<HHQQ", 40_000, 99, 1, 1) * entries + bytes(8)


def tiff_of_numbers(tag: int, count: int, kind: int = 3) -> bytes:
    return tiff(4, 4, {tag: (kind, [8] * count)}, bytes(16))


def bmp_in_runs(width: int, height: int, runs: bytes, bits: int = 8) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, 3 - bits // 4, 0, 0, 0, 256, 0)
    start = 14 + len(header) + 1024
    return (
        b"BM" + struct.pack("<IHHI", start + len(runs), 0, 0, start) + header + bytes(1024) + runs
    )


def jpeg_of_scans(count: int, side: int) -> bytes:
    """A progressive JPEG whose second scan, a dozen bytes, is repeated."""
    whole = saved(Image.new("L", (side, side), 128), "JPEG", progressive=True)
    first = whole.index(b"\xff\xda", whole.index(b"\xff\xda") + 1)
    end = min(
        at for at in (whole.find(mark, first + 2) for mark in (b"\xff\xda", b"\xff\xc4")) if at > 0
    )
    return whole[:first] + whole[first:end] * count + whole[end:]


def exif(values: int) -> bytes:
    """A block of EXIF whose orientation is a list, each value of it two numbers."""
    entry = struct.pack("<HHII", 0x0112, 5, values, 26)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4) + b"\1\0\0\0" * 2 * values


def jpeg_with_exif(values: int) -> bytes:
    block, segments = exif(values), b""
    for at in range(0, len(block), 65_000):
        segments += jpeg_segment(0xE1, b"Exif\0\0" + block[at : at + 65_000])
    return b"\xff\xd8" + segments + grey_jpeg(8, 8)[2:]


def jpeg_of_components(count: int, hidden_by: int | None = None) -> bytes:
    """A JPEG whose frame has millions of components, in one header after another.

    A segment may hide them from who jumps over it, and a comment what stands in them.
    """
    frame = struct.pack(">BHHB", 8, 8, 8, 3) + b"\1\x11\0" * 21_000
    each = jpeg_segment(0xC0, frame)
    if hidden_by:
        rest = len(frame) - 6
        each = jpeg_segment(hidden_by, each[:4]) + frame[:6] + b"\xff\xfe"
        each += struct.pack(">H", rest - 2) + frame[: rest - 4]
    return b"\xff\xd8" + each * (count // 21_000) + grey_jpeg(8, 8)[2:]


def tiff_with_exif(values: int) -> bytes:
    """A TIFF whose EXIF, a directory of its own, has a list of pairs of numbers."""
    whole = tiff(8, 8, {0x8769: (4, [0])}, bytes(64))
    at = whole.index(struct.pack("<HHI", 0x8769, 4, 1)) + 8
    start = len(whole)
    entry = struct.pack("<HHII", 40_000, 5, values, start + 18)
    directory = struct.pack("<H", 1) + entry + bytes(4) + b"\1\0\0\0" * 2 * values
    return whole[:at] + struct.pack("<I", start) + whole[at + 4 :] + directory


def png_of_profiles(count: int) -> bytes:
    """A PNG with many colour profiles, a kilobyte each that unpacks to a megabyte."""
    profile = png_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(MEGABYTE), 9))
    return png(8, 8, 8, 0, bytes(72), profile * count)


def webp_with_exif(values: int) -> bytes:
    return saved(scene(), "WEBP", exif=exif(values))


MILLIONS: dict[str, Callable[[], bytes]] = {
    "PNG, a million chunks": lambda: png_of_chunks(1_200_000),
    "PNG, a million texts": lambda: png_of_chunks(1_200_000, b"tEXt"),
    "PNG, pixels byte by byte": lambda: png_of_crumbs(300),
    "GIF, millions of extensions": lambda: gif_behind(b"!\1\1a\0" * 3_900_000),
    "GIF, an extension of millions of blocks": lambda: gif_behind(
        b"!\1" + b"\1a" * 9_900_000 + b"\0"
    ),
    "GIF, a comment of millions of blocks": lambda: gif_behind(
        b"!\xfe" + b"\1a" * 9_900_000 + b"\0"
    ),
    "GIF, megabytes between blocks": lambda: gif_behind(bytes(19_900_000)),
    "TIFF, millions of strips": lambda: tiff_of_strips(2_400_000),
    "TIFF, millions of bits per sample": lambda: tiff_of_numbers(258, 5_000_000),
    "TIFF, millions of them in a byte each": lambda: tiff_of_numbers(258, 5_000_000, 6),
    "TIFF, the same with its version turned round": lambda: (
        b"II\0*" + tiff_of_numbers(258, 5_000_000)[4:]
    ),
    "TIFF, a directory of a million entries": lambda: big_tiff(990_000),
    "AVIF, a list of a million items": lambda: avif_of_items(1_000_000),
    "AVIF, the longest list that is read": lambda: avif_of_items(3_600),
    "BMP, runs that lead nowhere": lambda: bmp_in_runs(1_000, 1_000, b"\1\5" * 9_900_000),
    "BMP, lines of one run": lambda: bmp_in_runs(50_000, 1_000, b"\1\5\0\0" * 1_000),
    "BMP, four bits": lambda: bmp_in_runs(50_000, 1_000, b"\xff\5" * 196_000, bits=4),
    "JPEG, a frame of millions of components": lambda: jpeg_of_components(6_000_000),
    "JPEG, the same in reserved segments": lambda: jpeg_of_components(6_000_000, 0xF0),
    "JPEG, a million scans": lambda: jpeg_of_scans(1_500_000, 64),
    "JPEG, scans of a large picture": lambda: jpeg_of_scans(200, 6_900),
}


@pytest.mark.parametrize("name", MILLIONS)
def test_a_file_in_millions_of_pieces_is_refused_in_time(name: str) -> None:
    assert isinstance(verdict(MILLIONS[name]()), BadImage | ImageTooLarge)


NUMEROUS: dict[str, Callable[[], bytes]] = {
    "PNG, ten thousand chunks": lambda: png_of_chunks(10_000),
    "GIF, a hundred thousand frames": lambda: gif_of_frames(100_000),
    "GIF, ten thousand blocks": lambda: gif_behind(b"!\xfe" + b"\1a" * 10_000 + b"\0"),
    "TIFF, a strip for each of 65,000 lines": lambda: tiff_of_strips(65_000),
    "TIFF, a directory of two thousand entries": lambda: big_tiff(2_000),
    "BMP in runs": lambda: bmp_in_runs(1_000, 1_000, (b"\xfa\5" * 4 + b"\0\0") * 1_000),
    "JPEG, ten scans": lambda: saved(scene(), "JPEG", progressive=True),
    "JPEG, scans for a small picture": lambda: jpeg_of_scans(300, 64),
    "JPEG of one line": lambda: saved(Image.new("RGB", (65_000, 1)), "JPEG"),
    "JPEG of one column": lambda: saved(Image.new("RGB", (1, 65_000)), "JPEG"),
    "JPEG, EXIF in many segments": lambda: jpeg_with_exif(100_000),
    "JPEG, EXIF of megabytes": lambda: jpeg_with_exif(2_400_000),
    "TIFF, EXIF of megabytes": lambda: tiff_with_exif(2_400_000),
    "PNG, colour profiles of gigabytes": lambda: png_of_profiles(18_000),
    "WebP, EXIF of megabytes": lambda: webp_with_exif(2_400_000),
    "PNG, EXIF of megabytes": lambda: saved(scene(), "PNG", exif=exif(2_400_000)),
    "WebP, hundreds of frames": lambda: saved(
        scene(), "WEBP", save_all=True, append_images=[scene().rotate(n) for n in range(200)]
    ),
}


@pytest.mark.parametrize("name", NUMEROUS)
def test_a_file_in_many_pieces_is_a_picture(name: str) -> None:
    assert isinstance(verdict(NUMEROUS[name]()), Picture)


def test_the_refusal_of_a_jpeg_says_how_many_scans_and_what_to_do() -> None:
    many, large = verdict(jpeg_of_scans(600, 64)), verdict(jpeg_of_scans(200, 6_900))
    assert str(many) == f"the JPEG has more than {MAX_SCANS} scans: save it as a baseline JPEG"
    assert "scans of 47,610,000 pixels; 20 of 50,000,000 are decoded" in str(large)


def test_scans_are_counted_as_a_decoder_meets_them() -> None:
    ten = saved(scene(), "JPEG", progressive=True)
    assert scans(ten) == 10
    assert scans(saved(scene(), "JPEG")) == 1
    assert scans(grey_jpeg(8, 8, scans=3)) == 3
    # Behind the end lies another picture, or anything: a phone's short film, say.
    assert scans(ten + ten + b"\xff\xda" * 9_000) == 10
    # What looks like a scan inside a comment is none; a mark without a length hides none.
    second = ten.index(b"\xff\xda", ten.index(b"\xff\xda") + 1)
    comment = jpeg_segment(0xFE, b"\xff\xda" * 100)
    assert scans(ten[:second] + comment + ten[second:]) == 10
    assert scans(ten[:second] + b"\xff\x01" + ten[second:]) == 10
    assert scans(b"\xff\xd8\xff") == 0


def test_an_orientation_in_more_exif_than_a_camera_writes_is_not_looked_for() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    small, large = turned.tobytes(), turned.tobytes().ljust(MAX_EXIF_BYTES + 1, b"\0")
    for block, size in ((small, (32, 48)), (large, (48, 32))):
        file = io.BytesIO()
        scene().save(file, "PNG", exif=block)
        found = verdict(file.getvalue())
        assert isinstance(found, Picture)
        assert (found.width, found.height) == size
