"""Pictures out of nothing, the same every time: for models that come without any."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from inference.framing import Size

CREDITS = "The pictures in this folder were computed from random numbers; they show nothing.\n"

_BLOCK = 65_535
"""The most bytes that zlib stores in one piece."""
_GRID: Size = (8, 6)
_PIXELS: Size = (96, 72)


def generated_pictures(count: int) -> dict[str, bytes]:
    """File name → PNG: soft fields of colour with edges in them, 96 × 72."""
    return {f"generated-{seed}.png": png(_field(seed, _PIXELS)) for seed in range(count)}


def random_pixels(count: int, size: Size, channels: int) -> NDArray[np.uint8]:
    """`(count, height, width, channels)`: noise and fields of colour by turns."""
    width, height = size
    pictures = [
        _field(seed, size)
        if seed % 2
        else np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
        for seed in range(count)
    ]
    return np.stack(pictures)[..., :channels]


def _field(seed: int, size: Size) -> NDArray[np.uint8]:
    """Random colours on a coarse grid, blended between its points, and cut by a diagonal."""
    rng = np.random.default_rng(seed)
    width, height = size
    grid = rng.integers(0, 256, (_GRID[1], _GRID[0], 3)).astype(np.float64)
    rows = np.linspace(0, _GRID[1] - 1.001, height)
    columns = np.linspace(0, _GRID[0] - 1.001, width)
    top, left = rows.astype(int), columns.astype(int)
    down, right = (rows - top)[:, None, None], (columns - left)[None, :, None]
    upper = grid[top][:, left] * (1 - right) + grid[top][:, left + 1] * right
    lower = grid[top + 1][:, left] * (1 - right) + grid[top + 1][:, left + 1] * right
    field = upper * (1 - down) + lower * down
    edge = rows[:, None] * _GRID[0] > columns[None, :] * _GRID[1] * rng.uniform(0.5, 1.5)
    field[edge] = 255 - field[edge]
    pixels: NDArray[np.uint8] = field.round().astype(np.uint8)
    return pixels


def png(pixels: NDArray[np.uint8]) -> bytes:
    """`(height, width, 3)` RGB as a PNG, stored and not compressed.

    Two versions of zlib compress differently, and the release's digest would differ with them.
    """
    height, width, _ = pixels.shape
    lines = b"".join(b"\0" + line.tobytes() for line in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    stored = b"\x78\x01" + b"".join(
        struct.pack("<BHH", start + _BLOCK >= len(lines), len(block), len(block) ^ 0xFFFF) + block
        for start in range(0, len(lines), _BLOCK)
        for block in (lines[start : start + _BLOCK],)
    )
    data = stored + struct.pack(">I", zlib.adler32(lines))
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
