"""The shapes of a LiteRT model, read from its flatbuffer without LiteRT.

Only what `schema.fbs` calls Model.subgraphs[0].inputs/outputs and Tensor.shape is looked at.
"""

from __future__ import annotations

import struct
from pathlib import Path

from inference.errors import UnreadableModel
from inference.keras_files.rules import Shape

_SUBGRAPHS, _TENSORS, _INPUTS, _OUTPUTS, _SHAPE = 2, 0, 1, 2, 0  # field numbers of the schema


def read_shapes(path: Path) -> tuple[Shape, Shape]:
    """The shapes of the only input and the only output, without the batch; None if not one."""
    content = path.read_bytes()
    try:
        graph = _indirect(content, _vector(content, _field(content, _root(content), _SUBGRAPHS))[0])
        tensors = _vector(content, _field(content, graph, _TENSORS))
        sides = [_integers(content, _field(content, graph, side)) for side in (_INPUTS, _OUTPUTS)]
        found = [_shape(content, tensors[side[0]]) if len(side) == 1 else None for side in sides]
    except (struct.error, IndexError, ValueError) as exc:
        raise UnreadableModel(f"{path.name} is damaged") from exc
    return found[0], found[1]


def _shape(content: bytes, place: int) -> Shape:
    sizes = _integers(content, _field(content, _indirect(content, place), _SHAPE))
    return tuple(size if size >= 0 else None for size in sizes[1:])


def _root(content: bytes) -> int:
    return _indirect(content, 0)


def _indirect(content: bytes, place: int) -> int:
    return place + int(struct.unpack_from("<I", content, place)[0])


def _field(content: bytes, table: int, number: int) -> int:
    """Where the vector in a field of a table starts."""
    fields = table - int(struct.unpack_from("<i", content, table)[0])
    size = int(struct.unpack_from("<H", content, fields)[0])
    slot = 4 + 2 * number
    offset = int(struct.unpack_from("<H", content, fields + slot)[0]) if slot < size else 0
    if not offset:
        raise ValueError(f"field {number} is missing")
    return _indirect(content, table + offset)


def _vector(content: bytes, place: int) -> list[int]:
    """The places of the elements of a vector of tables."""
    count = int(struct.unpack_from("<I", content, place)[0])
    if count * 4 > len(content):
        raise ValueError("a vector is longer than the file")
    return [place + 4 + 4 * number for number in range(count)]


def _integers(content: bytes, place: int) -> list[int]:
    return [int(struct.unpack_from("<i", content, each)[0]) for each in _vector(content, place)]
