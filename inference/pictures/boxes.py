"""What the boxes of an AVIF or a HEIC say about the time and the memory that reading them takes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

MAX_LIST_BYTES = 65_536
"""Of the box that lists what is in the file; cameras and encoders write some kilobytes. Decoders
look for each item among all the others: of four megabytes of them they are at it for minutes."""

_MAX_BOXES = 1_000
_HEADER, _LONG_HEADER, _VERSION = 8, 16, 4
_STREAM_BYTES, _MAX_EXTENTS = 4_096, 8
_WAY_TO_SAMPLES = (b"trak", b"mdia", b"minf", b"stbl")

Span = tuple[int, int]
"""Where something begins and ends in the file."""


def has_readable_lists(data: bytes) -> bool:
    """Whether the lists are not absurdly long, and boxes not too many; of other formats, yes."""
    if data[4:8] != b"ftyp":
        return True
    boxes = list(islice(_boxes(data, (0, len(data))), _MAX_BOXES + 1))
    return len(boxes) <= _MAX_BOXES and all(
        kind not in (b"meta", b"moov") or end - begin <= MAX_LIST_BYTES
        for kind, (begin, end) in boxes
    )


def streams(data: bytes) -> Iterator[bytes]:
    """How each picture among the items of an AVIF begins, and the first of each of its tracks."""
    if data[4:8] != b"ftyp":
        return
    for kind, span in _boxes(data, (0, len(data))):
        if kind == b"meta":
            yield from _items(data, (span[0] + _VERSION, span[1]))
        elif kind == b"moov":
            yield from _first_samples(data, span)


def _boxes(data: bytes, span: Span) -> Iterator[tuple[bytes, Span]]:
    """Type and content of each box; ends where the data ends, or makes no sense."""
    at, end = span
    while at + _HEADER <= end:
        length, header = _number(data, at, 4), _HEADER
        if length == 0:  # to the end
            length = end - at
        elif length == 1:
            length, header = _number(data, at + 8, 8), _LONG_HEADER
        if length < header:
            return
        yield data[at + 4 : at + 8], (at + header, min(at + length, end))
        at += length


def _items(data: bytes, meta: Span) -> Iterator[bytes]:
    """ISO 14496-12, 8.11.3: where the items lie, in the file or in a box beside the list."""
    boxes = dict(_boxes(data, meta))
    pictures = _pictures(data, boxes.get(b"iinf", (0, 0)))
    at, end = boxes.get(b"iloc", (0, 0))
    version, sizes = _number(data, at, 1), _number(data, at + 4, 2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide, before = (4 if version == 2 else 2), (index if version else 0)
    count, at = _number(data, at + 6, wide), at + 6 + wide
    for _ in range(count):
        if at >= end:
            return
        item, at = _number(data, at, wide), at + wide
        beginning = 0
        if version:
            is_beside = _number(data, at, 2) & 15 == 1
            beginning = boxes.get(b"idat", (0, 0))[0] if is_beside else 0
            at += 2
        beginning += _number(data, at + 2, base)
        extents, at = _number(data, at + 2 + base, 2), at + 4 + base
        stream = b""
        for number in range(min(extents, _MAX_EXTENTS)):
            place = at + number * (before + offset + length) + before
            begin = beginning + _number(data, place, offset)
            size = _number(data, place + offset, length) or _STREAM_BYTES
            stream += data[begin : begin + min(size, _STREAM_BYTES)]
        at += extents * (before + offset + length)
        if item in pictures:
            yield stream[:_STREAM_BYTES]


def _pictures(data: bytes, items: Span) -> set[int]:
    """ISO 14496-12, 8.11.6: which items are pictures of AV1, and no metadata."""
    begin, end = items
    begin += 8 if _number(data, begin, 1) else 6
    found = set()
    for kind, (at, _) in _boxes(data, (begin, end)):
        wide = 4 if _number(data, at, 1) == 3 else 2
        if kind == b"infe" and data[at + wide + 6 : at + wide + 10] == b"av01":
            found.add(_number(data, at + 4, wide))
    return found


def _first_samples(data: bytes, span: Span, depth: int = 0) -> Iterator[bytes]:
    """ISO 14496-12, 8.7.5: where the first piece of each track lies."""
    for kind, content in _boxes(data, span):
        if depth < len(_WAY_TO_SAMPLES):
            if kind == _WAY_TO_SAMPLES[depth]:
                yield from _first_samples(data, content, depth + 1)
        elif kind in (b"stco", b"co64"):
            begin = _number(data, content[0] + 8, 4 if kind == b"stco" else 8)
            yield data[begin : begin + _STREAM_BYTES]


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size])
