"""Damaged pictures by the thousand, and odd ones that are whole."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.errors import BadImage, ImageTooLarge
from inference.pictures.decoding import Picture, PictureLimits, decode
from inference.recipe import Recipe
from tests.inference import forged
from tests.inference.drawing import in_mode, saved, scene, shown
from tests.inference.mutating import SPARE_BYTES

PROJECT = Path(__file__).parents[2]
COUNT = 1_500
"""`python -m tests.inference.mutating` does 10,000."""


def opened(data: bytes, size: tuple[int, int] = (48, 32)) -> Picture:
    return decode(data, size, Recipe(), PictureLimits())


def test_damaged_pictures_crash_nothing_hang_nothing_and_leave_no_memory_behind() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.inference.mutating", str(COUNT), "7"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    said = json.loads(done.stdout)
    assert sum(said["verdicts"].values()) == said["pictures"] == COUNT
    assert set(said["verdicts"]) <= {
        *("decoded", "BadImage", "UnsupportedImage", "ImageTooLarge", "CallerError")
    }
    assert said["longest_cpu_seconds"] < 1
    assert said["grown_bytes"] < 50_000_000 < SPARE_BYTES


NO_PIXELS = {
    "PNG": forged.png(0, 5, 8, 2, b""),
    "GIF": forged.gif(0, 0),
    "BMP": forged.bmp(0, 5),
    "TIFF": forged.tiff(0, 5, {}, b""),
    "JPEG": forged.grey_jpeg(8, 8).replace(struct.pack(">HH", 8, 8), struct.pack(">HH", 8, 0), 1),
}


@pytest.mark.parametrize("name", NO_PIXELS)
def test_a_picture_without_pixels_is_a_bad_one(name: str) -> None:
    with pytest.raises(BadImage):
        opened(NO_PIXELS[name])


@pytest.mark.parametrize("size", [(1, 1), (1, 8_000), (8_000, 1), (16_000, 2)])
@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_one_pixel_and_very_long_or_thin_pictures_keep_their_colour(
    name: str, size: tuple[int, int]
) -> None:
    picture = opened(saved(Image.new("RGB", size, (200, 100, 50)), name), (9, 7))
    assert (picture.width, picture.height) == size
    assert np.abs(picture.pixels.astype(int) - (200, 100, 50)).max() <= 8


def test_a_cmyk_jpeg_looks_the_same_whether_adobe_turned_its_inks_round_or_not() -> None:
    cmyk = in_mode("CMYK")
    adobe = saved(cmyk, "JPEG")  # Pillow writes them turned round, with Adobe's marker, as all do
    assert b"Adobe" in adobe
    seen = opened(adobe).pixels
    assert np.abs(seen.astype(int) - shown(cmyk).astype(int)).mean() < 6


@pytest.mark.parametrize("transparency", [0, bytes([0, 128, 255])], ids=["one", "three levels"])
def test_a_palette_with_transparent_colours_lies_on_white(transparency: int | bytes) -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([10, 20, 30] * 4)
    file = io.BytesIO()
    image.save(file, "PNG", transparency=transparency)
    assert set(np.unique(opened(file.getvalue(), (8, 8)).pixels)) == {255}


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_of_two_hundred_frames_the_first_is_shown(kind: str) -> None:
    first, others = Image.new("RGB", (16, 16), "red"), Image.new("RGB", (16, 16), "blue")
    frames = [others.point(lambda level, n=n: max(0, level - n)) for n in range(200)]
    data = saved(first, kind, save_all=True, append_images=frames)
    assert opened(data, (4, 4)).pixels[..., 0].min() > 240


def test_an_entry_of_exif_that_points_to_itself_turns_nothing() -> None:
    tags = b"II*\0" + struct.pack("<IH", 8, 1) + struct.pack("<HHII", 0x8769, 4, 1, 8)
    exif = b"Exif\0\0" + tags + struct.pack("<I", 8)
    data = saved(scene(), "JPEG")
    looped = data[:2] + forged.jpeg_segment(0xE1, exif) + data[2:]
    assert np.array_equal(opened(looped).pixels, opened(data).pixels)


def test_a_second_header_inside_a_picture_does_not_raise_its_limits() -> None:
    small, large = saved(scene(), "PNG"), forged.png(40_000, 40_000, 8, 2, b"")
    with pytest.raises((BadImage, ImageTooLarge)):
        opened(small[:33] + large[8:33] + small[33:])
