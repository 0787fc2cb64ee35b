"""The head of a request comes soon and is small, or the connection is closed."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
import uvicorn as library
from starlette.responses import PlainTextResponse

from api.gates.connections import Connections
from tests.api.talking import talk
from tests.servers.uvicorn import Uvicorn


@pytest.mark.parametrize(
    "head",
    [
        b"GET /livez HTTP/1.1\r\nx: " + bytes([65]) * 70_000,
        b"GET /livez HTTP/1.1\r\n" + b"x: y\r\n" * 15_000,
        b"GET /" + b"a" * 70_000,
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    ],
    ids=["one header", "many headers", "address", "address that ends"],
)
def test_a_head_that_is_too_long_is_refused(narrow: Uvicorn, head: bytes) -> None:
    head_of, _, body = talk(narrow.url, head).partition(b"\r\n\r\n")
    assert head_of.startswith(b"HTTP/1.1 400")
    assert json.loads(body)["code"] == "bad_request"
    assert "65,536" in json.loads(body)["detail"]


def test_what_is_no_http_is_told_so_as_every_error_is(narrow: Uvicorn) -> None:
    head, _, body = talk(narrow.url, b"HELO example.org\r\n\r\n").partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "bad_request"


def test_a_head_within_the_limit_is_answered_on_a_kept_connection(narrow: Uvicorn) -> None:
    request = b"GET /livez HTTP/1.1\r\nhost: x\r\nx: " + b"y" * 50_000 + b"\r\n\r\n"
    last = request.replace(b"host: x", b"host: x\r\nconnection: close")
    assert talk(narrow.url, request, request, last).count(b"HTTP/1.1 200") == 3


@pytest.mark.parametrize("path", [b"/livez", b"/classify"], ids=["answered", "awaited"])
def test_trailers_without_end_end_the_connection(narrow: Uvicorn, path: bytes) -> None:
    place = urlsplit(narrow.url)
    head = b"POST " + path + b" HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\n"
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        connection.sendall(head + b"transfer-encoding: chunked\r\n\r\n0\r\n")
        trailers = (b"x: " + b"y" * 10_000 + b"\r\n") * 5_000  # more than buffers on the way take
        with pytest.raises(ConnectionError):
            connection.sendall(trailers)


def test_a_body_in_many_small_chunks_is_no_trailer(narrow: Uvicorn) -> None:
    head = b"POST /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
    chunks = b"1\r\na\r\n" * 40_000 + b"0\r\nx: y\r\n\r\n"
    answer = talk(narrow.url, head + b"transfer-encoding: chunked\r\n\r\n" + chunks)
    assert answer.startswith(b"HTTP/1.1 405")


class Impatient(Connections):
    HEAD_SECONDS: ClassVar[float] = 0.2


@pytest.mark.parametrize(
    ("sent", "answers"),
    [
        ((), 0),
        ((b"GET / HT",), 0),
        ((b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", b"GET / HTTP/1.1\r\nho"), 1),
        ((b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n", b"half"), 1),
    ],
    ids=["nothing", "half a head", "half of a second one", "half of a body, answered already"],
)
def test_a_head_that_does_not_come_ends_the_connection(
    sent: tuple[bytes, ...], answers: int
) -> None:
    async def meet() -> bytes:
        config = library.Config(
            PlainTextResponse("here"), port=0, http=Impatient, lifespan="off", log_config=None
        )
        config.load()
        server = library.Server(config)
        server.lifespan = config.lifespan_class(config)
        listening = socket.create_server(("127.0.0.1", 0))
        await server.startup(sockets=[listening])
        try:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            return await asyncio.to_thread(talk, url, *sent)
        finally:
            await server.shutdown(sockets=[listening])

    assert asyncio.run(meet()).count(b"HTTP/1.1 200") == answers
