"""The data of the one input: lists in the JSON, or `binary`, the bytes after it.

All raise `BadRequest` when the data are not what the shape says.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import chain, islice
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.bodies import Item, Upload
from api.bodies.json import from_base64
from api.protocols.arrays import byte_tensors, finite, float_tensors
from inference.errors import BadRequest


def files(data: list[Any] | None, binary: bytes | None, count: int) -> list[Item]:
    """Files of pictures: base64 in JSON, themselves after their length in bytes."""
    if binary is not None:
        elements = [*islice(_elements(binary), count + 1)]
        _check_count(len(elements), count)
        return [Upload(element) for element in elements]
    texts = [*chain.from_iterable(t if isinstance(t, list) else [t] for t in data or [])]
    _check_count(len(texts), count)
    if not all(isinstance(text, str) for text in texts):
        raise BadRequest("data: BYTES in JSON are texts, the files of pictures in base64")
    return [from_base64(text) for text in texts]


def _check_count(found: int, said: int) -> None:
    if found != said:
        raise BadRequest(f"the input holds {found:,} elements or more; its shape says {said:,}")


def _elements(binary: bytes) -> Iterator[bytes]:
    """Each element after its length, a little-endian unsigned 32-bit number."""
    place = 0
    while place < len(binary):
        if place + 4 > len(binary):
            raise BadRequest("the bytes of the input end within a length")
        (length,) = struct.unpack_from("<I", binary, place)
        place += 4
        if length > len(binary) - place:
            raise BadRequest(f"an element says {length:,} bytes, and the input ends before them")
        yield binary[place : place + length]
        place += length


def pixels(
    data: list[Any] | None, binary: bytes | None, sides: tuple[int, ...]
) -> NDArray[np.uint8]:
    """uint8 of the shape `sides`."""
    if binary is not None:
        return np.frombuffer(_exactly(binary, prod(sides)), np.uint8).reshape(sides)
    return byte_tensors(data, _nesting(data, sides)).reshape(sides)


def tensors(
    data: list[Any] | None, binary: bytes | None, sides: tuple[int, ...]
) -> NDArray[np.float32]:
    """float32 of the shape `sides`, all finite."""
    if binary is not None:
        exact = _exactly(binary, 4 * prod(sides))
        return finite(np.frombuffer(exact, "<f4").astype(np.float32, copy=False).reshape(sides))
    return float_tensors(data, _nesting(data, sides)).reshape(sides)


def _nesting(data: list[Any] | None, sides: tuple[int, ...]) -> tuple[int, ...]:
    """Data may be nested as their shape is, or not at all."""
    return sides if data and isinstance(data[0], list) else (prod(sides),)


def _exactly(binary: bytes, size: int) -> bytes:
    if len(binary) != size:
        raise BadRequest(f"the shape means {size:,} bytes, and the input has {len(binary):,}")
    return binary
