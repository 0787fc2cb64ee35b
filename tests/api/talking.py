"""HTTP by hand: bytes as no client would send them, and all that comes back."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit


def talk(url: str, *parts: bytes) -> bytes:
    """All that is answered to `parts`, until the other side closes."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        answer = b""
        try:
            for part in parts:
                connection.sendall(part)
            while chunk := connection.recv(65_536):
                answer += chunk
        except ConnectionError:  # it closed while we were still sending
            pass
        return answer


def statuses(answer: bytes) -> list[int]:
    """Of all the answers in what came back, in order."""
    return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]
