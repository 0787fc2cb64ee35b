"""How large a picture may be, and the refusal of what would cost too much to decode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inference.errors import BadImage, ImageTooLarge
from inference.framing import Size
from inference.pictures.av1 import coded_pixels
from inference.pictures.boxes import streams
from inference.pictures.jpeg import MAX_SCANS, is_decoded_by_lines, scans

_PASSES = 20
"""So often a decoder may go over the largest picture that is accepted, and more often over a
smaller one: a second's work."""
_STREAMS = 4
"""So many times the largest picture may be in an AVIF: its colours, its alpha, and smaller ones."""
_RUNS_SHARE = 8
"""Runs of a BMP are unpacked in Python: such a picture may have so much smaller a size."""
_MAX_SIDE = 1_000_000
"""Pillow keeps 8 bytes for each row, and weights of up to 48 for each pixel of a row or column that
it resizes: a picture of one row takes a hundred times the memory of its pixels."""
_TILE_WIDTH_TAG, _TILE_LENGTH_TAG = 0x0142, 0x0143


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """How large a picture may be: its file, its pixels, and its pixels when a JPEG is reduced."""

    max_bytes: int = 20_000_000
    max_pixels: int = 50_000_000
    max_draft_pixels: int = 250_000_000

    def check_bytes(self, data: bytes) -> None:
        """`ImageTooLarge` for a file that nobody need look into."""
        if len(data) > self.max_bytes:
            raise ImageTooLarge(
                f"the picture has {len(data):,} bytes; at most {self.max_bytes:,} are accepted: "
                "send a smaller one"
            )

    def check_pixels(self, image: Any, whole: Size, data: bytes) -> None:
        """`ImageTooLarge`, judged by the header: `whole` is the size before `draft`."""
        reduced = image.size != whole and is_decoded_by_lines(data)
        limit = self.max_draft_pixels if reduced else self.max_pixels
        if any(each[0] == "bmp_rle" for each in image.tile):
            limit //= _RUNS_SHARE
        for width, height in (whole, _tile(image)):
            if width * height > limit:
                raise too_many_pixels(f"{width:,} × {height:,} = {width * height:,}", limit)
            if max(width, height) > _MAX_SIDE:
                raise ImageTooLarge(
                    f"the picture has {width:,} × {height:,} pixels; at most {_MAX_SIDE:,} in a "
                    "row or a column are decoded: send a smaller one"
                )
        if data.startswith(b"\xff\xd8"):
            self._check_passes(whole, scans(data))
        if image.format == "AVIF":
            self._check_streams([coded_pixels(stream) for stream in streams(data)])

    def _check_streams(self, coded: Sequence[int]) -> None:
        """An AVIF's own size may be another than that of what is decoded for it."""
        if max(coded, default=0) > self.max_pixels:
            raise too_many_pixels(f"{max(coded):,}", self.max_pixels)
        if sum(coded) > _STREAMS * self.max_pixels:
            raise too_many_pixels(f"{sum(coded):,}", _STREAMS * self.max_pixels)

    def _check_passes(self, whole: Size, passes: int) -> None:
        pixels = whole[0] * whole[1]
        if passes > MAX_SCANS:
            raise BadImage(f"the JPEG has more than {MAX_SCANS} scans: save it as a baseline JPEG")
        if passes > 1 and passes * pixels > _PASSES * self.max_pixels:
            raise ImageTooLarge(
                f"the JPEG has {passes:,} scans of {pixels:,} pixels; {_PASSES} of "
                f"{self.max_pixels:,} are decoded, or more of fewer: save it as a baseline JPEG"
            )


def too_many_pixels(pixels: str, limit: int) -> ImageTooLarge:
    """The refusal, in words."""
    return ImageTooLarge(
        f"the picture has {pixels} pixels; at most {limit:,} are decoded: send a smaller one"
    )


def _tile(image: Any) -> Size:
    """The tiles of a TIFF, which are decoded whole and may be larger than the picture."""
    tags = getattr(image, "tag_v2", {})
    return tags.get(_TILE_WIDTH_TAG, 0), tags.get(_TILE_LENGTH_TAG, 0)
