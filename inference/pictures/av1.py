"""How large the pictures in a stream of AV1 are, whatever the file around it says."""

from __future__ import annotations

from collections.abc import Iterator

_SEQUENCE_HEADER, _FRAME_HEADER, _FRAME = 1, 3, 6
_MAX_UNITS = 100


def coded_pixels(stream: bytes) -> int:
    """The pixels of the largest picture that is announced before the first one; 0 for no AV1."""
    try:
        return max(map(_announced, _sequence_headers(stream)), default=0)
    except (IndexError, ValueError):
        return 0


def _sequence_headers(stream: bytes) -> Iterator[bytes]:
    """What stands in the sequence headers before the first frame (AV1, 5.3 to 5.5)."""
    at = 0
    for _ in range(_MAX_UNITS):
        if at >= len(stream):
            return
        header = stream[at]
        kind, is_extended, has_size = header >> 3 & 15, header & 4, header & 2
        at += 2 if is_extended else 1
        size = len(stream) - at
        if has_size:
            size, at = _leb128(stream, at)
        if kind in (_FRAME_HEADER, _FRAME):
            return
        if kind == _SEQUENCE_HEADER:
            yield stream[at : at + size]
        at += size


def _leb128(stream: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and the place behind it."""
    value = 0
    for shift in range(0, 56, 7):
        value |= (stream[at] & 127) << shift
        at += 1
        if not stream[at - 1] & 128:
            return value, at
    raise ValueError("a number of more than eight bytes")


class _Bits:
    """Bits from the left."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data), 8 * len(data)

    def take(self, count: int) -> int:
        """The next ones as a number; ValueError behind the last."""
        self._left -= count
        if self._left < 0:
            raise ValueError("the header ends too early")
        return self._value >> self._left & ((1 << count) - 1)


def _announced(header: bytes) -> int:
    """Width times height, as a sequence header has them (AV1, 5.5.1)."""
    bits = _Bits(header[:256])
    bits.take(4)  # profile, still picture
    if bits.take(1):  # the short form for still pictures
        bits.take(5)
    else:
        _pass_operating_points(bits)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    return (bits.take(width_bits) + 1) * (bits.take(height_bits) + 1)


def _pass_operating_points(bits: _Bits) -> None:
    delay_bits = 0
    if bits.take(1):  # timing
        bits.take(64)
        if bits.take(1):
            _pass_uvlc(bits)
        if bits.take(1):  # the decoder's model
            delay_bits = bits.take(5) + 1
            bits.take(42)
    has_display_delays = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:  # the level, and from there on a tier
            bits.take(1)
        if delay_bits and bits.take(1):
            bits.take(2 * delay_bits + 1)
        if has_display_delays and bits.take(1):
            bits.take(4)


def _pass_uvlc(bits: _Bits) -> None:
    zeros = 0
    while not bits.take(1):
        zeros += 1
    if zeros < 32:
        bits.take(zeros)
