"""What a JPEG's header says about the time and the memory that decoding it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_SEGMENTS = 2_000
MAX_FILL_BYTES = 65_536
"""More than any camera writes before the picture begins; Pillow reads all of it byte by byte."""

MAX_SCANS = 500
"""Progressive encoders make ten to twenty, people by hand some dozens."""

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_LONGEST_FRAME = 8 + 4 * 3
"""Of a frame's header: four components, the most that Pillow reads. It makes a tuple of each."""

_SEQUENTIAL = (0xC0, 0xC1, 0xC9)
_BARE = (0x00, 0x01, *range(0xD0, 0xDA))
_RESERVED = frozenset({0xC8, *range(0xF0, 0xFE)})
"""Decoders give up at them, and Pillow reads what such a segment holds as more of the header."""

_START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9
# In the data of a scan a byte of ones is followed by zero, or by the mark of a restart.
_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)


def reaches_its_scan(data: bytes) -> bool:
    """Whether the picture begins after a header that is not absurdly long."""
    for marker, position in _segments(data):
        if marker in _FRAMES and _length(data, position) > _LONGEST_FRAME:
            return False
        if marker == _START_OF_SCAN:
            return True
    return False


def scans(data: bytes) -> int:
    """How many times a decoder goes over the picture: counted to one more than `MAX_SCANS`.

    One where it `is_decoded_by_lines`. Every scan of another costs a pass over all coefficients,
    though it be of a dozen bytes.
    """
    if is_decoded_by_lines(data):
        return 1
    found, at = 0, 0
    for marker, position in _segments(data):
        if marker == _START_OF_SCAN:
            found, at = 1, position + _length(data, position)
    for _ in range(MAX_SEGMENTS if found else 0):
        mark = _MARKER.search(data, at)
        if mark is None or data[mark.end() - 1] == _END_OF_IMAGE:
            return found
        marker, at = data[mark.end() - 1], mark.end()
        found += marker == _START_OF_SCAN
        if marker not in _BARE:
            at += _length(data, at)
    return MAX_SCANS + 1 if found else 0


def is_decoded_by_lines(data: bytes) -> bool:
    """Whether a decoder needs a few lines at a time of this JPEG, and never the whole.

    So it is when the first scan holds every component of a sequential picture. A progressive
    JPEG, or one with a scan for each component, is held whole as coefficients, six bytes a
    pixel, however small it is asked for.
    """
    components = 0
    for marker, position in _segments(data):
        content = data[position + 2 : position + 8]
        if len(content) < 6:
            break
        if marker == _START_OF_SCAN:
            return content[0] == components
        if marker in _SEQUENTIAL:
            components = content[5]
    return False


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """The marker of each segment and the place of its length, to the first scan at most.

    Ends where the data ends, at a marker that nobody writes, or where more lies between segments
    than any camera writes.
    """
    position, fill = 2, MAX_FILL_BYTES
    for _ in range(MAX_SEGMENTS):
        found = data.find(b"\xff", position, position + fill + 1)
        if found < 0:
            return
        marker_at = found + 1
        while data[marker_at : marker_at + 1] == b"\xff" and marker_at - found <= fill:
            marker_at += 1
        fill -= marker_at - position - 1
        if fill < 0 or marker_at >= len(data) or data[marker_at] in _RESERVED:
            return
        position = marker_at + 1
        if data[marker_at] in _BARE:
            continue
        yield data[marker_at], position
        if data[marker_at] == _START_OF_SCAN:
            return
        position += _length(data, position)


def _length(data: bytes, position: int) -> int:
    """What a segment says of its length, which counts those two bytes too."""
    return int.from_bytes(data[position : position + 2])
