"""Pictures: whatever the format, the mode and the orientation, the pixels a viewer would show."""

from __future__ import annotations

import io
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inference.pictures.decoding import FORMATS, Picture, PictureLimits, decode
from inference.recipe import Recipe
from tests.inference import forged
from tests.inference.drawing import HEIGHT, WIDTH, in_mode, saved, scene, see_through, shown, turned

LOSSLESS, LOSSY = 2.0, 6.0
"""How far, on average, a pixel may lie from the drawing, in grey levels of 255."""

MODES = {
    "JPEG": ("L", "RGB", "CMYK", "YCbCr"),
    "MPO": ("RGB", "L"),
    "PNG": ("1", "L", "LA", "I;16", "P", "RGB", "RGBA"),
    "WEBP": ("L", "RGB", "RGBA"),
    "GIF": ("1", "L", "P", "RGB"),
    "BMP": ("1", "L", "P", "RGB"),
    "TIFF": ("1", "L", "LA", "I;16", "I", "F", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB"),
    "AVIF": ("L", "RGB", "RGBA"),
}
CASES = [(file_format, mode) for file_format, modes in MODES.items() for mode in modes]


def opened(
    data: bytes, size: tuple[int, int] = (WIDTH, HEIGHT), recipe: Recipe | None = None
) -> Picture:
    return decode(data, size, recipe or Recipe(), PictureLimits())


def distance(found: NDArray[np.uint8], expected: NDArray[np.uint8]) -> float:
    """The mean difference in grey levels."""
    assert found.shape == expected.shape
    return float(np.abs(found.astype(int) - expected.astype(int)).mean())


class TestFormatsAndModes:
    def test_every_format_that_is_promised_is_drawn_here(self) -> None:
        assert sorted(name.upper() for name in FORMATS) == sorted(MODES)

    @pytest.mark.parametrize(
        ("file_format", "mode"), CASES, ids=[f"{name}-{mode}" for name, mode in CASES]
    )
    def test_the_pixels_are_those_that_a_viewer_shows(self, file_format: str, mode: str) -> None:
        image = in_mode(mode)
        options = {"save_all": True, "append_images": [image]} if file_format == "MPO" else {}

        picture = opened(saved(image, file_format, **options))

        assert (picture.format, picture.width, picture.height) == (file_format, WIDTH, HEIGHT)
        assert picture.pixels.dtype == np.uint8
        lossless = file_format in {"PNG", "BMP", "TIFF"} and mode != "LAB"
        assert distance(picture.pixels, shown(image)) < (LOSSLESS if lossless else LOSSY)

    def test_16_bit_grey_does_not_turn_white(self) -> None:
        pixels = opened(saved(in_mode("I;16"), "PNG")).pixels

        assert distance(pixels, shown(scene().convert("L"))) < 1
        assert pixels.max() < 200

    def test_the_transparent_value_of_16_bit_grey_is_white_and_the_others_stay(self) -> None:
        rows = (b"\0" + struct.pack(">8H", *[30_000] * 4, *[60_000] * 4)) * 8
        transparent = forged.png_chunk(b"tRNS", struct.pack(">H", 60_000))

        pixels = opened(forged.png(8, 8, 16, 0, rows, transparent), (8, 8)).pixels

        assert pixels[0, :, 0].tolist() == [117] * 4 + [255] * 4

    @pytest.mark.parametrize("whites", [1.0, 255.0, 65_535.0], ids=["to-1", "to-255", "to-65535"])
    def test_float_grey_is_brought_to_8_bits_whatever_its_white(self, whites: float) -> None:
        grey = np.asarray(scene().convert("L"), dtype=np.float32) / 255
        grey[0, 0] = 1.0
        image = Image.fromarray(grey * np.float32(whites))

        pixels = opened(saved(image, "TIFF")).pixels

        assert distance(pixels[1:], shown(scene().convert("L"))[1:]) < 1

    @pytest.mark.parametrize(
        ("alpha", "expected"), [(1, 155), (2, 133)], ids=["premultiplied", "straight"]
    )
    def test_grey_with_either_kind_of_alpha_lies_on_white(self, alpha: int, expected: int) -> None:
        tags = {258: (3, [8, 8]), 277: (3, [2]), 278: (3, [8]), 338: (3, [alpha])}
        content = bytes([100, 200]) * 64

        pixels = opened(forged.tiff(8, 8, tags, content), (8, 8)).pixels

        assert pixels.min() == pixels.max() == expected

    @pytest.mark.parametrize("file_format", ["PNG", "GIF"])
    def test_a_palette_with_a_transparent_colour_lies_on_white(self, file_format: str) -> None:
        image = Image.new("P", (8, 8), 1)
        image.putpalette([255, 0, 0, 0, 0, 255])
        image.paste(0, (0, 0, 8, 4))

        pixels = opened(saved(image, file_format, transparency=1), (8, 8)).pixels

        assert pixels[0, 0].tolist() == [255, 0, 0]
        assert pixels[7, 0].tolist() == [255, 255, 255]

    @pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "TIFF", "AVIF", "MPO"])
    def test_the_first_of_several_frames_is_what_is_looked_at(self, file_format: str) -> None:
        others = [Image.new("RGB", (WIDTH, HEIGHT), colour) for colour in ("black", "white")]

        picture = opened(saved(scene(), file_format, save_all=True, append_images=others))

        assert picture.format == file_format
        assert distance(picture.pixels, shown(scene())) < LOSSY

    def test_a_grey_recipe_gives_one_channel(self) -> None:
        picture = opened(saved(scene(), "PNG"), recipe=Recipe(colour="L"))

        assert picture.pixels.shape == (HEIGHT, WIDTH, 1)
        expected = np.asarray(scene().convert("L"))[..., np.newaxis]
        assert distance(picture.pixels, expected) < 1

    def test_a_bgr_recipe_gets_its_pixels_in_rgb(self) -> None:
        image = Image.new("RGB", (8, 8), (250, 120, 10))

        pixels = opened(saved(image, "PNG"), (8, 8), Recipe(colour="BGR")).pixels

        assert pixels[0, 0].tolist() == [250, 120, 10]


class TestOrientation:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("by", ["EXIF", "XMP"])
    @pytest.mark.parametrize("file_format", ["JPEG", "MPO", "PNG", "WEBP", "TIFF", "AVIF"])
    def test_a_turned_picture_is_seen_upright(
        self, file_format: str, by: str, orientation: int
    ) -> None:
        # Neither the picture nor the model is square, so that a swap of sides would show.
        data = turned(scene(), file_format, orientation, by)

        picture = opened(data, (24, 40))

        assert (picture.width, picture.height) == (WIDTH, HEIGHT)
        upright = opened(saved(scene(), "PNG"), (24, 40))
        assert distance(picture.pixels, upright.pixels) < LOSSY

    @pytest.mark.parametrize("fit", ["crop", "squash"])
    def test_a_turned_picture_is_framed_as_its_upright_twin(self, fit: str) -> None:
        recipe = Recipe.model_validate({"fit": fit, "crop_fraction": 0.8})

        lying = opened(turned(scene(), "PNG", 6, "EXIF"), (16, 20), recipe)

        upright = opened(saved(scene(), "PNG"), (16, 20), recipe)
        assert distance(lying.pixels, upright.pixels) < 1

    @pytest.mark.parametrize("value", [0, 9, 65_535])
    def test_an_orientation_that_does_not_exist_turns_nothing(self, value: int) -> None:
        exif = Image.Exif()
        exif[0x0112] = value

        picture = opened(saved(scene(), "JPEG", exif=exif))

        assert distance(picture.pixels, shown(scene())) < LOSSY

    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    @pytest.mark.parametrize(
        "exif",
        [
            b"Exif\0\0",
            b"Exif\0\0garbage",
            b"Exif\0\0MM\0*\xff\xff\xff\xff",
            b"Exif\0\0II*\0\x08\0\0\0\xff\xff",
        ],
        ids=["empty", "garbage", "offset-outside", "entries-missing"],
    )
    def test_damaged_exif_turns_nothing_and_fails_nothing(self, exif: bytes) -> None:
        picture = opened(saved(scene(), "JPEG", exif=exif))

        assert distance(picture.pixels, shown(scene())) < LOSSY


class TestSize:
    @pytest.mark.parametrize("fit", ["crop", "squash"])
    @pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
    @pytest.mark.parametrize("size", [(1, 1), (1, 5_000), (5_000, 1), (29, 29), (29, 58), (8, 8)])
    def test_a_picture_of_any_shape_fills_the_model(
        self, size: tuple[int, int], file_format: str, fit: str
    ) -> None:
        data = saved(Image.new("RGB", size, (200, 100, 50)), file_format)

        picture = opened(data, (224, 224), Recipe.model_validate({"fit": fit, "resize": "bicubic"}))

        assert (picture.width, picture.height) == size
        assert picture.pixels.shape == (224, 224, 3)
        assert np.abs(picture.pixels.astype(int) - (200, 100, 50)).max() <= 4

    @pytest.mark.parametrize(
        "resize", ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
    )
    def test_the_filter_of_the_recipe_does_the_resizing(self, resize: str) -> None:
        recipe = Recipe.model_validate({"resize": resize})

        pixels = opened(saved(scene(), "PNG"), (20, 10), recipe).pixels

        expected = scene().resize((20, 10), Image.Resampling[resize.upper()])
        assert np.array_equal(pixels, np.asarray(expected))

    @pytest.mark.parametrize("fit", ["crop", "squash"])
    @pytest.mark.parametrize("scale", [1, 3, 6.5])
    def test_a_jpeg_that_is_reduced_while_it_is_decoded_looks_the_same(
        self, chelsea: Path, scale: float, fit: str
    ) -> None:
        recipe = Recipe.model_validate({"fit": fit, "crop_fraction": 0.875, "resize": "bicubic"})
        photo = Image.open(chelsea)
        large = photo.resize((int(photo.width * scale), int(photo.height * scale)))
        data = saved(large, "JPEG")
        whole = saved(Image.open(io.BytesIO(data)), "PNG", compress_level=1)

        reduced = opened(data, (96, 96), recipe)

        assert (reduced.width, reduced.height) == large.size
        assert distance(reduced.pixels, opened(whole, (96, 96), recipe).pixels) < 2.5

    def test_a_reduced_jpeg_keeps_its_edges_where_they_are(self) -> None:
        # An eighth of 1801 are 225.125 pixels; the decoder gives 226.
        ramp = np.linspace(0, 255, 1801, dtype=np.float32)
        data = saved(Image.fromarray(((ramp + ramp[:, None]) / 2).astype(np.uint8)), "JPEG")
        whole = saved(Image.open(io.BytesIO(data)), "PNG", compress_level=1)

        reduced = opened(data, (96, 96), Recipe(fit="squash"))

        assert distance(reduced.pixels, opened(whole, (96, 96), Recipe(fit="squash")).pixels) < 0.2

    def test_a_reduced_jpeg_that_lies_is_turned_and_measured_whole(self, chelsea: Path) -> None:
        photo = Image.open(chelsea)
        large = photo.resize((photo.width * 4, photo.height * 4))

        picture = opened(turned(large, "JPEG", 6, "EXIF"), (64, 64))

        assert (picture.width, picture.height) == large.size
        assert distance(picture.pixels, opened(saved(large, "PNG"), (64, 64)).pixels) < 2.5


class TestThreads:
    @pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF"])
    def test_eight_threads_see_the_same_pixels(self, file_format: str) -> None:
        data = saved(see_through() if file_format in {"PNG", "WEBP"} else scene(), file_format)
        alone = opened(data).pixels

        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(lambda _: opened(data).pixels, range(32)))

        assert all(np.array_equal(each, alone) for each in found)
