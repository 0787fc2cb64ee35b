"""A request is answered in time: what has not begun by then is not begun."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from http.client import HTTPResponse
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from api.gates.deadline import Deadline
from api.workers import Workers
from inference.cores import cores
from tests.api.gates.conftest import SECONDS
from tests.servers.uvicorn import Uvicorn

SOON = 0.05


class Invocation:
    """What Lambda says of an invocation."""

    def __init__(self, milliseconds: int) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


def ask(app: Any) -> httpx.Response:
    """GET / of `app`."""

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.get("/")

    return asyncio.run(get())


def test_work_that_waits_for_a_core_is_not_begun_when_nobody_waits_for_it_any_more() -> None:
    workers, release = Workers(), Event()
    begun: list[str] = []

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        running = [workers.compute(release.wait) for _ in range(cores())]
        await asyncio.gather(*running, workers.compute(lambda: begun.append("late")))

    try:
        reply = ask(Deadline(app, SOON))
    finally:
        release.set()
        workers.close()

    assert (reply.status_code, reply.json()["code"]) == (503, "busy")
    assert reply.headers["retry-after"] == "5"
    assert begun == []


@pytest.mark.parametrize(("milliseconds", "status"), [(60, 503), (30_000, 200)])
def test_on_lambda_the_time_is_what_the_invocation_has_left(milliseconds: int, status: int) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if milliseconds < 1_000:
            await asyncio.Event().wait()
        await PlainTextResponse("done")(scope, receive, send)

    async def in_lambda(scope: Scope, receive: Receive, send: Send) -> None:
        scope["aws.context"] = Invocation(milliseconds)
        await Deadline(app, 60)(scope, receive, send)

    assert ask(in_lambda).status_code == status


def test_an_answer_that_has_begun_is_sent_to_its_end() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        with suppress(TimeoutError):  # a reader so slow that the time is over meanwhile
            await asyncio.wait_for(asyncio.Event().wait(), 2 * SOON)
        await send({"type": "http.response.body", "body": b"whole"})

    assert ask(Deadline(app, SOON)).text == "whole"


def test_a_time_out_of_the_applications_own_is_not_taken_for_ours() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise TimeoutError("S3")

    with pytest.raises(TimeoutError, match="S3"):
        ask(Deadline(app, 60))


def test_a_body_that_trickles_is_the_callers_fault_and_the_connection_is_closed(
    narrow: Uvicorn,
) -> None:
    parts = urlsplit(narrow.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        connection.sendall(
            b"POST /classify HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\n"
            b"content-length: 1000\r\n\r\n\x89PNG"
        )
        reply = HTTPResponse(connection)
        reply.begin()
        said = reply.read().decode()
        assert reply.status == 400
        assert f"within {SECONDS:g} seconds" in said
        assert reply.getheader("connection") == "close"
        assert connection.recv(1) == b""
