"""The pictures that are sent: four photographs under free licences, 640 × 480 and 12 megapixels.

Made at run time from packages that ship them; the large ones are enlarged, and given the noise
of a camera's sensor, without which their files would be much smaller than a camera's.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.workshop import made
from inference.framing import Size
from training.free_photos import free_photos

SIZES: dict[str, Size] = {"640x480": (640, 480), "12MP": (4000, 3000)}
_QUALITY = 88
_NOISE = {"640x480": 0.0, "12MP": 5.0}  # standard deviation, grey levels
_VERSION = b"2"


def photographs(size: str) -> list[Path]:
    """Four JPEGs of one of the `SIZES`: always the same bytes, in the same order."""
    photos = free_photos()

    def make(folder: Path) -> None:
        for number, data in enumerate(photos.values()):
            (folder / f"{number}.jpg").write_bytes(_at(data, size, seed=number))

    folder = made(f"photographs-{size}", [*photos.values(), repr(SIZES).encode(), _VERSION], make)
    return sorted(folder.glob("*.jpg"))


def _at(data: bytes, size: str, seed: int) -> bytes:
    width, height = SIZES[size]
    image = Image.open(io.BytesIO(data)).convert("RGB")
    image = image.resize((width, height), Image.Resampling.LANCZOS, box=_box(image.size, 4 / 3))
    if _NOISE[size]:
        noise = np.random.default_rng(seed).normal(0, _NOISE[size], (height, width, 1))
        pixels = np.asarray(image, np.float32) + noise
        image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def _box(size: Size, shape: float) -> tuple[float, float, float, float]:
    """The largest central rectangle whose width is `shape` times its height."""
    width, height = min(size[0], size[1] * shape), min(size[1], size[0] / shape)
    left, upper = (size[0] - width) / 2, (size[1] - height) / 2
    return left, upper, left + width, upper + height
