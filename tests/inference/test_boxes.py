"""AVIF: how long its lists are, and how large its streams, is known before anything is decoded."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.errors import ImageTooLarge
from inference.pictures.av1 import coded_pixels
from inference.pictures.boxes import MAX_LIST_BYTES, has_readable_lists, streams
from inference.pictures.decoding import PictureLimits, decode
from inference.recipe import Recipe
from tests.inference.drawing import HEIGHT, WIDTH, saved, scene, see_through
from tests.inference.forged import avif_of_items, box

PIXELS = WIDTH * HEIGHT
PLAIN = saved(scene(), "AVIF")
BEGIN = box(b"ftyp", b"avif" + bytes(4))


def coded(picture: bytes) -> list[int]:
    return [coded_pixels(stream) for stream in streams(picture)]


def test_the_pixels_of_every_stream_are_those_that_its_encoder_wrote() -> None:
    animated = saved(scene(), "AVIF", save_all=True, append_images=[scene().rotate(9)])
    # What a careless reader would take for a stream of AV1.
    described = saved(scene(), "AVIF", xmp=b"\n<x>" + b"\xff" * 80)

    assert coded(PLAIN) == coded(described) == [PIXELS]
    assert coded(saved(see_through(), "AVIF")) == [PIXELS, PIXELS]
    assert set(coded(animated)) == {PIXELS}
    assert coded(saved(scene(), "JPEG")) == []


def test_a_picture_larger_than_its_file_says_is_refused_before_it_is_decoded() -> None:
    at = PLAIN.index(b"ispe") + 8
    lying = PLAIN[:at] + struct.pack(">II", 8, 8) + PLAIN[at + 8 :]
    limits = PictureLimits(max_pixels=PIXELS - 1)

    with pytest.raises(ImageTooLarge, match="has 1,536 pixels; at most 1,535 are decoded"):
        decode(lying, (8, 8), Recipe(), limits)


def test_many_pictures_in_one_are_together_no_larger_than_four() -> None:
    stream = next(iter(streams(PLAIN)))
    opened = SimpleNamespace(format="AVIF", size=(8, 8), tile=[])
    four, five = (avif_of_items(count, stream) for count in (4, 5))
    limits = PictureLimits(max_pixels=PIXELS)

    limits.check_pixels(opened, (8, 8), four)
    with pytest.raises(ImageTooLarge, match="has 7,680 pixels; at most 6,144 are decoded"):
        limits.check_pixels(opened, (8, 8), five)


@pytest.mark.parametrize(
    ("picture", "is_readable"),
    [
        (PLAIN, True),
        (b"\xff\xd8 and no boxes", True),
        (BEGIN + box(b"meta", bytes(MAX_LIST_BYTES)), True),
        (BEGIN + box(b"meta", bytes(MAX_LIST_BYTES + 1)), False),
        (BEGIN + box(b"moov", bytes(MAX_LIST_BYTES + 1)), False),
        (BEGIN + box(b"mdat", bytes(MAX_LIST_BYTES + 1)), True),
        (BEGIN + struct.pack(">I4sQ", 1, b"meta", 1 << 40) + bytes(MAX_LIST_BYTES + 1), False),
        (BEGIN + struct.pack(">I4s", 0, b"meta") + bytes(MAX_LIST_BYTES + 1), False),
        (BEGIN + box(b"free", b"") * 999, True),
        (BEGIN + box(b"free", b"") * 1_000, False),
    ],
    ids=[
        *("a picture", "another format", "the longest list", "too long", "too long a film"),
        *("much data", "a length of 64 bits", "to the end", "many boxes", "too many boxes"),
    ],
)
def test_lists_are_as_long_as_programs_write_them(picture: bytes, *, is_readable: bool) -> None:
    assert has_readable_lists(picture) is is_readable


def units(*parts: tuple[int, int]) -> bytes:
    """A stream whose one header is these numbers, each of so many bits."""
    text = "".join(f"{value:0{bits}b}" for value, bits in parts)
    header = int(text, 2) << (-len(text) % 8)
    content = header.to_bytes(-(-len(text) // 8))
    return b"\x12\x00" + bytes([0x0A, len(content)]) + content + b"\x32\x00"


SIZE = [(15, 4), (9, 4), (39_999, 16), (599, 10)]


@pytest.mark.parametrize(
    "options",
    [
        [(0, 3), (1, 1), (1, 1), (8, 5)],
        [(0, 3), (0, 1), (0, 1), (0, 1), (0, 1), (0, 5), (0, 12), (4, 5)],
        [
            *((0, 3), (0, 1), (0, 1), (1, 1), (1, 32), (1, 32), (1, 1), (0b00101, 5)),
            *((1, 1), (9, 5), (1, 32), (3, 5), (3, 5), (1, 1), (1, 5)),
            *((0, 12), (9, 5), (1, 1), (1, 1), (0, 21), (1, 1), (7, 4)),
            *((1, 12), (3, 5), (0, 1), (0, 1)),
        ],
    ],
    ids=["short", "plain", "with all that may be there"],
)
def test_a_sequence_header_is_read_as_the_standard_has_it(options: list[tuple[int, int]]) -> None:
    assert coded_pixels(units(*options, *SIZE)) == 40_000 * 600


@settings(max_examples=300, derandomize=True)
@given(
    places=st.lists(st.tuples(st.integers(0, len(PLAIN) - 1), st.integers(0, 255)), max_size=9),
    cut=st.integers(0, len(PLAIN)),
)
def test_whatever_the_bytes_are_looking_at_them_never_fails(
    places: list[tuple[int, int]], cut: int
) -> None:
    damaged = bytearray(PLAIN)
    for place, value in places:
        damaged[place] = value

    for picture in (bytes(damaged), bytes(damaged[:cut])):
        assert has_readable_lists(picture) in (True, False)
        assert all(pixels >= 0 for pixels in coded(picture))
