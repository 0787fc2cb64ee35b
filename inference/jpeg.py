"""What a JPEG's header says about the memory that decoding it takes."""

from __future__ import annotations

_SEQUENTIAL = (0xC0, 0xC1, 0xC9)
_BARE = (0x00, 0x01, *range(0xD0, 0xDA))
_START_OF_SCAN = 0xDA


def is_decoded_by_lines(data: bytes) -> bool:
    """Whether a decoder needs a few lines at a time of this JPEG, and never the whole.

    So it is when the first scan holds every component of a sequential picture. A progressive
    JPEG, or one with a scan for each component, is held whole as coefficients, six bytes a
    pixel, however small it is asked for.
    """
    components, position = 0, 2
    while (position := data.find(b"\xff", position)) >= 0:
        position += 1
        marker, content = data[position : position + 1], data[position + 3 : position + 9]
        if marker == b"\xff" or not marker or marker[0] in _BARE:
            continue
        if len(content) < 6:
            break
        if marker[0] == _START_OF_SCAN:
            return content[0] == components
        if marker[0] in _SEQUENTIAL:
            components = content[5]
        position += 1 + int.from_bytes(data[position + 1 : position + 3])
    return False
