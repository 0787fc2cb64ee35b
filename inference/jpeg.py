"""What a JPEG's header says about the time and the memory that decoding it takes."""

from __future__ import annotations

from collections.abc import Iterator

MAX_SEGMENTS = 2_000
MAX_FILL_BYTES = 65_536
"""More than any camera writes before the picture begins; Pillow reads all of it byte by byte."""

_SEQUENTIAL = (0xC0, 0xC1, 0xC9)
_BARE = (0x00, 0x01, *range(0xD0, 0xDA))
_START_OF_SCAN = 0xDA


def reaches_its_scan(data: bytes) -> bool:
    """Whether the picture begins after a header that is not absurdly long."""
    return any(marker == _START_OF_SCAN for marker, _ in _segments(data))


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

    Ends where the data ends, or where more lies between segments than any camera writes.
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
        if fill < 0 or marker_at >= len(data):
            return
        position = marker_at + 1
        if data[marker_at] in _BARE:
            continue
        yield data[marker_at], position
        if data[marker_at] == _START_OF_SCAN:
            return
        position += int.from_bytes(data[position : position + 2])
