"""Replies of an HTTP/1.1 server, put together from the bytes as they arrive."""

from __future__ import annotations

import re

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_LAST_CHUNK = b"0\r\n\r\n"


class Reply:
    """The reply that is arriving on one connection; never more than one at a time."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._body_at = 0
        self._length: int | None = None

    def add(self, data: bytes) -> bool:
        """Take what has arrived; whether the reply is whole now."""
        self._bytes += data
        if not self._body_at and not self._read_head():
            return False
        if self._length is None:
            return self._bytes.endswith(_LAST_CHUNK)
        return len(self._bytes) >= self._body_at + self._length

    @property
    def status(self) -> int:
        """The status, once the head is there."""
        return int(self._bytes[9:12])

    @property
    def body(self) -> bytes:
        """The body of a whole reply."""
        body = bytes(self._bytes[self._body_at :])
        return body if self._length is not None else _unchunked(body)

    def _read_head(self) -> bool:
        end = self._bytes.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self._bytes[: end + 2])
        length = _LENGTH.search(head)
        if length is None and not _CHUNKED.search(head):
            raise OSError("the reply says neither its length nor that it is chunked")
        self._body_at, self._length = end + 4, int(length[1]) if length else None
        return True


def _unchunked(body: bytes) -> bytes:
    parts: list[bytes] = []
    while True:
        size, _, body = body.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        if not length:
            return b"".join(parts)
        parts.append(body[:length])
        body = body[length + 2 :]
