"""Requests of which two servers in a row could think differently: one answer, and it is no."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from tests.api.swapping import rss_bytes
from tests.api.talking import statuses, talk
from tests.servers.uvicorn import Uvicorn

HEAD = b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
HIDDEN = b"GET /model HTTP/1.1\r\nHost: x\r\n\r\n"
"""What must not be answered: to whoever sent it, it was part of a body."""

AMBIGUOUS: dict[str, bytes] = {
    "a length beside chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks beside a length": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n",
    "two lengths in one": b"Content-Length: 0, 40\r\n\r\n",
    "a length with a sign": b"Content-Length: +0\r\n\r\n",
    "a length with a gap": b"Content-Length: 4 0\r\n\r\n",
    "a space before the colon": b"Content-Length : 40\r\n\r\n",
    "a space before the colon of the coding": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a coding that is none": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks, and then not": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a folded header": b"Content-Length:\r\n 40\r\n\r\n",
    "a header without a name": b": 40\r\n\r\n",
    "a header without a colon": b"Content-Length 40\r\n\r\n",
    "a NUL in a header": b"X: a\0b\r\nContent-Length: 0\r\n\r\n",
    "a bare carriage return": b"X: a\rContent-Length: 40\r\n\r\n",
    "a chunk of a negative size": b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    "a chunk of more than 64 bits": (
        b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF1\r\n\r\n"
    ),
    "a chunk in hexadecimal of C": b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
    "a chunk longer than it says": b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("rest", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_an_ambiguous_request_is_refused_and_nothing_behind_it_answered(
    narrow: Uvicorn, rest: bytes
) -> None:
    assert statuses(talk(narrow.url, HEAD + rest + HIDDEN)) == [400]


def test_a_length_that_is_taken_literally_hides_no_request(narrow: Uvicorn) -> None:
    length = f"Content-Length: {len(HIDDEN)}\r\nConnection: close\r\n\r\n".encode()
    assert statuses(talk(narrow.url, HEAD + length + HIDDEN)) == [415]


def test_requests_in_a_row_are_answered_in_their_order(narrow: Uvicorn) -> None:
    body = b"Content-Length: 3\r\n\r\nabc"
    row = [b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", HEAD + body, HIDDEN] * 20
    last = b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert statuses(talk(narrow.url, b"".join(row) + last)) == [200, 415, 200] * 20 + [404]


def test_who_sends_requests_and_reads_no_answer_is_cut_off(narrow: Uvicorn) -> None:
    place = urlsplit(narrow.url)
    pid = narrow.server.process.pid
    before = rss_bytes(pid)
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        with pytest.raises(ConnectionError):
            connection.sendall(HIDDEN * 200_000)  # to be answered with hundreds of megabytes
        assert httpx.get(f"{narrow.url}/livez", trust_env=False, timeout=60).is_success
        assert rss_bytes(pid) - before < 50_000_000
