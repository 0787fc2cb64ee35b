"""Whatever the bytes are, decoding them ends in a picture or in an error that is the caller's."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inference.errors import BadImage, CallerError, ImageTooLarge, UnsupportedImage
from inference.pictures.decoding import Picture, PictureLimits, decode
from inference.pictures.jpeg import reaches_its_scan
from inference.recipe import Recipe
from tests.inference import forged
from tests.inference.drawing import in_mode, saved, scene, see_through

# Damaged metadata makes Pillow warn; the service leaves such warnings out of its log.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

SIZE = (24, 24)
WHOLE = {
    "JPEG": saved(scene(), "JPEG"),
    "JPEG-progressive": saved(scene(), "JPEG", progressive=True),
    "JPEG-CMYK": saved(in_mode("CMYK"), "JPEG"),
    "MPO": saved(scene(), "MPO", save_all=True, append_images=[scene()]),
    "PNG": saved(see_through(), "PNG"),
    "PNG-16-bit": saved(in_mode("I;16"), "PNG"),
    "APNG": saved(scene(), "PNG", save_all=True, append_images=[see_through().convert("RGB")]),
    "WEBP": saved(see_through(), "WEBP"),
    "WEBP-lossless": saved(scene(), "WEBP", lossless=True),
    "GIF": saved(in_mode("P"), "GIF"),
    "BMP": saved(scene(), "BMP"),
    "TIFF": saved(scene(), "TIFF"),
    "TIFF-deflate": saved(see_through(), "TIFF", compression="tiff_adobe_deflate"),
    "TIFF-JPEG": saved(scene(), "TIFF", compression="jpeg"),
    "TIFF-float": saved(in_mode("F"), "TIFF"),
    "AVIF": saved(see_through(), "AVIF"),
}
each_whole = pytest.mark.parametrize("name", WHOLE)


def verdict(data: bytes, limits: PictureLimits | None = None) -> Picture | CallerError:
    """The picture, or the error; anything else that is raised fails the test."""
    try:
        found: Picture | CallerError = decode(data, SIZE, Recipe(), limits or PictureLimits())
    except CallerError as error:
        found = error
    if isinstance(found, Picture):
        assert found.pixels.shape == (24, 24, 3)
    else:
        assert 0 < len(str(found)) < 300
        assert " at 0x" not in str(found)
    return found


class TestDamage:
    @pytest.mark.parametrize("sixteenths", range(1, 16))
    @each_whole
    def test_a_file_that_was_cut_off_is_a_picture_or_a_bad_one(
        self, name: str, sixteenths: int
    ) -> None:
        data = WHOLE[name]

        found = verdict(data[: len(data) * sixteenths // 16])

        assert isinstance(found, Picture | BadImage)

    @pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"])
    def test_half_a_file_is_a_bad_picture(self, name: str) -> None:
        data = WHOLE[name]

        assert isinstance(verdict(data[: len(data) // 2]), BadImage)

    @each_whole
    @settings(max_examples=60, derandomize=True)
    @given(flips=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 7)), max_size=8))
    def test_flipped_bits_end_in_a_picture_or_the_callers_error(
        self, name: str, flips: list[tuple[int, int]]
    ) -> None:
        data = bytearray(WHOLE[name])
        for position, bit in flips:
            data[position % len(data)] ^= 1 << bit

        assert isinstance(verdict(bytes(data)), Picture | CallerError)

    @settings(max_examples=150, derandomize=True)
    @given(
        head=st.sampled_from(sorted(WHOLE)), tail=st.binary(max_size=200), cut=st.integers(1, 64)
    )
    def test_a_header_with_anything_behind_it_ends_in_a_picture_or_the_callers_error(
        self, head: str, tail: bytes, cut: int
    ) -> None:
        assert isinstance(verdict(WHOLE[head][:cut] + tail), Picture | CallerError)

    @settings(max_examples=200, derandomize=True)
    @given(data=st.binary(max_size=300))
    def test_any_bytes_are_refused(self, data: bytes) -> None:
        assert isinstance(verdict(data), BadImage | UnsupportedImage)

    def test_no_bytes_are_a_bad_picture_that_is_called_empty(self) -> None:
        with pytest.raises(BadImage, match="empty: 0 bytes arrived"):
            decode(b"", SIZE, Recipe(), PictureLimits())

    def test_a_damaged_picture_does_not_spoil_the_next_one(self) -> None:
        before = verdict(WHOLE["JPEG"])
        verdict(WHOLE["JPEG"][:300])
        after = verdict(WHOLE["JPEG"])

        assert isinstance(before, Picture)
        assert isinstance(after, Picture)
        assert np.array_equal(before.pixels, after.pixels)


class TestOtherFormats:
    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"P6 8 8 255\n" + bytes(192), id="PPM"),
            pytest.param(saved(scene().resize((16, 16)), "ICO"), id="ICO"),
            pytest.param(saved(scene(), "PDF"), id="PDF"),
            pytest.param(saved(scene(), "EPS"), id="EPS"),
            pytest.param(saved(scene(), "PCX"), id="PCX"),
            pytest.param(saved(scene(), "TGA"), id="TGA"),
            pytest.param(saved(scene(), "JPEG2000"), id="JPEG-2000"),
            pytest.param(saved(scene(), "SGI"), id="SGI"),
            pytest.param(b'<svg xmlns="http://www.w3.org/2000/svg"/>', id="SVG"),
            pytest.param(b"<!doctype html><title>404</title>", id="HTML"),
            pytest.param(b"this is no picture", id="text"),
            pytest.param(b"PK\3\4" + bytes(40), id="ZIP"),
            pytest.param(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64), id="HEIC"),
            pytest.param(b"8BPS" + bytes(60), id="PSD"),
            pytest.param(b"\0", id="one-byte"),
        ],
    )
    def test_a_format_that_is_not_listed_is_unsupported_and_told_what_is_read(
        self, data: bytes
    ) -> None:
        with pytest.raises(UnsupportedImage, match="JPEG, MPO, PNG, WebP, GIF, BMP, TIFF, AVIF"):
            decode(data, SIZE, Recipe(), PictureLimits())

    @pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
    def test_the_first_bytes_of_a_listed_format_are_a_bad_picture(self, name: str) -> None:
        assert isinstance(verdict(WHOLE[name][:20]), BadImage)


class TestLimits:
    def test_a_file_of_more_bytes_than_accepted_is_refused_with_both_figures(self) -> None:
        with pytest.raises(ImageTooLarge, match=r"has 1,001 bytes; at most 1,000 are accepted"):
            decode(bytes(1_001), SIZE, Recipe(), PictureLimits(max_bytes=1_000))

    @pytest.mark.parametrize("name", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
    def test_the_last_pixel_that_is_accepted_is_decoded_and_the_next_is_not(
        self, name: str
    ) -> None:
        pixels = 48 * 32

        assert isinstance(verdict(WHOLE[name], PictureLimits(max_pixels=pixels)), Picture)
        refused = verdict(WHOLE[name], PictureLimits(max_pixels=pixels - 1))
        assert isinstance(refused, ImageTooLarge)
        assert "48 × 32 = 1,536 pixels; at most 1,535" in str(refused)

    @pytest.mark.parametrize("fit", ["crop", "squash"])
    @pytest.mark.parametrize("is_wide", [True, False], ids=["wide", "tall"])
    def test_a_picture_of_one_row_or_column_is_decoded_up_to_a_million(
        self, fit: str, *, is_wide: bool
    ) -> None:
        recipe = Recipe.model_validate({"fit": fit, "resize": "lanczos"})

        def thin(length: int) -> bytes:
            size = (length, 1) if is_wide else (1, length)
            return forged.png(*size, 1, 0, bytes(length // 8 + 2 if is_wide else length * 2))

        assert decode(thin(1_000_000), SIZE, recipe, PictureLimits()).pixels.max() == 0
        with pytest.raises(ImageTooLarge, match="at most 1,000,000 in a row or a column"):
            decode(thin(1_000_001), SIZE, recipe, PictureLimits())

    def test_a_baseline_jpeg_above_the_limit_is_decoded_reduced(self) -> None:
        found = verdict(forged.grey_jpeg(9_000, 7_000))

        assert isinstance(found, Picture)
        assert (found.width, found.height) == (9_000, 7_000)
        assert set(np.unique(found.pixels)) == {128}

    def test_a_baseline_jpeg_above_the_larger_limit_is_refused(self) -> None:
        found = verdict(forged.grey_jpeg(900, 700), PictureLimits(10**7, 1_000, 629_999))

        assert isinstance(found, ImageTooLarge)
        assert "629,999" in str(found)

    @pytest.mark.parametrize(
        "data",
        [
            saved(Image.new("RGB", (900, 700)), "JPEG", progressive=True),
            forged.grey_jpeg(900, 700, scans=3),
            # A whole picture of one scan, hidden where a careless reader would find it first.
            forged.grey_jpeg(
                900, 700, scans=3, before=forged.jpeg_segment(0xE5, forged.grey_jpeg(8, 8)[2:])
            ),
        ],
        ids=["progressive", "a-scan-for-each-component", "with-a-decoy"],
    )
    def test_a_jpeg_that_is_held_whole_while_decoded_keeps_the_lower_limit(
        self, data: bytes
    ) -> None:
        generous, strict = (
            PictureLimits(10**7, 700_000, 10**7),
            PictureLimits(10**7, 600_000, 10**7),
        )

        assert isinstance(verdict(data, generous), Picture)
        refused = verdict(data, strict)
        assert isinstance(refused, ImageTooLarge)
        assert "600,000" in str(refused)

    def test_a_jpeg_that_the_model_needs_whole_keeps_the_lower_limit(self) -> None:
        data, limits = forged.grey_jpeg(900, 700), PictureLimits(10**7, 600_000, 10**7)

        with pytest.raises(ImageTooLarge, match="600,000"):
            decode(data, (800, 800), Recipe(), limits)


def _tile_bomb() -> bytes:
    """A TIFF of 16x16 pixels in one tile of 20,000x20,000, which deflates to nothing."""
    deflate = zlib.compressobj(9)
    content = b"".join([deflate.compress(bytes(4_000_000)) for _ in range(100)] + [deflate.flush()])
    tags = {259: (3, [8]), 322: (4, [20_000]), 323: (4, [20_000])}
    return forged.tiff(16, 16, tags, content, tiled=True)


BOMBS = {
    "PNG": forged.png(100_000, 100_000, 8, 2, b""),
    "PNG-just-over": forged.png(10_000, 5_001, 8, 2, b""),
    "GIF": forged.gif(65_535, 65_535),
    "GIF-cleared-for-the-next": forged.gif(60_000, 8_000, b"!\xf9\4\x08\0\0\0\0"),
    "WebP": forged.webp(100_000, 100_000),
    "WebP-half": forged.webp(60_000, 60_000),
    "BMP": forged.bmp(100_000, 100_000),
    "TIFF": forged.tiff(100_000, 100_000, {278: (4, [100_000])}, b"x"),
    "TIFF-tile": _tile_bomb(),
    "JPEG": forged.grey_jpeg(8, 8).replace(
        struct.pack(">HH", 8, 8), struct.pack(">HH", 65_500, 65_500), 1
    ),
    "JPEG-scans": forged.grey_jpeg(15_000, 15_000, scans=3),
}


@pytest.fixture(scope="module")
def weighed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What each bomb did to a process with little memory to spare."""
    folder = tmp_path_factory.mktemp("bombs")
    paths = [folder / name for name in ("first", *BOMBS)]
    for path in paths:
        path.write_bytes(BOMBS.get(path.name, WHOLE["TIFF"]))  # the first one loads decoders
    done = subprocess.run(
        [sys.executable, "-m", "tests.inference.weighing", *map(str, paths)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return dict(zip(BOMBS, lines[1:], strict=True))


class TestBombs:
    @pytest.mark.parametrize("name", BOMBS)
    def test_a_bomb_is_refused_by_its_header(
        self, name: str, weighed: dict[str, dict[str, object]]
    ) -> None:
        found = weighed[name]

        assert found["error"] == "ImageTooLarge", found
        assert "at most 50,000,000 are decoded" in str(found["message"])
        assert float(str(found["cpu_seconds"])) < 0.5
        assert int(str(found["bytes"])) < 40_000_000


@pytest.mark.parametrize(
    "stuffing",
    [
        b"\xff" * 4_500_000,
        b"\xff\xfe\x00\x02" * 1_000_000,
        b"\xff\x00" * 2_000_000,
        b"\0" * 4_500_000,
    ],
    ids=["fill bytes", "empty comments", "stuffed bytes", "zeros"],
)
def test_a_jpeg_whose_header_has_no_end_is_refused_before_pillow_reads_it(
    flower: Path, stuffing: bytes
) -> None:
    picture = flower.read_bytes()
    assert reaches_its_scan(picture)
    with pytest.raises(BadImage, match="no end"):
        decode(picture[:2] + stuffing + picture[2:], (224, 224), Recipe(), PictureLimits())
