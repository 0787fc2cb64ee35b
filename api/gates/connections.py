"""uvicorn's connections with the limits that it lacks: the head of a request comes soon, and small.

The body's limits are the application's. Before it is asked there is only this: uvicorn itself
waits for the end of a head as long as anyone likes, and keeps as much of it as is sent. It is what
`microlens serve` runs; in front of `uvicorn api.app:app` a gateway does the same.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.errors import PROBLEM_JSON, problem
from inference.errors import BadRequest

# uvicorn's words for whatever is wrong with a head.
_INVALID = "Invalid HTTP request received."


class Connections(HttpToolsProtocol):
    """One connection; closed when a head takes too long, or is too long, or too many come at once.

    Requests that come before the answer to the one before wait here, two kilobytes each; uvicorn
    would read on whenever one of them is answered, and keep them without an end. What comes
    instead of a body is a head too: uvicorn would keep trailers without an end, long after the
    answer, from anybody. Nor is the rest of a body awaited for ever that was refused.
    """

    HEAD_SECONDS: ClassVar[float] = 10.0
    MAX_HEAD_BYTES: ClassVar[int] = 65_536
    MAX_WAITING: ClassVar[int] = 128

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._timer: asyncio.TimerHandle | None = None
        self._draining: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._trailer_bytes = 0
        self._moved = self._is_whole = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """The first head is expected from here on."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is expected any more."""
        self._head_came()
        self._drained()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A head begins; the first one of a connection was expected before it began."""
        self._moved, self._is_whole = True, False
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._head_came()
        super().on_headers_complete()
        if len(self.pipeline) > self.MAX_WAITING:
            self.transport.abort()
            raise ConnectionAbortedError  # so that nothing more of what was read is parsed

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._moved = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The body is whole."""
        self._moved = self._is_whole = True
        self._drained()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer was sent; the rest of a body that nobody wanted may come for a while."""
        super().on_response_complete()
        if not self._is_whole and not self.transport.is_closing():
            self._draining = self.loop.call_later(self.HEAD_SECONDS, self._is_late)

    def data_received(self, data: bytes) -> None:
        """Bytes came; those of a head or of trailers are counted, to the size of one read."""
        if self._timer:
            self._head_bytes += len(data)
        self._moved = False
        super().data_received(data)
        self._trailer_bytes = 0 if self._timer or self._moved else self._trailer_bytes + len(data)
        if self._timer and self._head_bytes > self.MAX_HEAD_BYTES:
            self.send_400_response(
                f"the address and the headers have more than {self.MAX_HEAD_BYTES:,} bytes"
            )
        elif self._trailer_bytes > self.MAX_HEAD_BYTES and not self.transport.is_closing():
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Say what is wrong with bytes that are no request, as everything here is said."""
        self._head_came()
        if self.transport.is_closing():
            return
        if msg == _INVALID:
            msg = (
                "the bytes that came are no request of HTTP/1.1, or its address and headers have "
                f"more than {self.MAX_HEAD_BYTES:,}"
            )
        body = json.dumps(problem(BadRequest(msg))).encode()
        head = (
            "HTTP/1.1 400 Bad Request\r\n"
            f"content-type: {PROBLEM_JSON}\r\ncontent-length: {len(body)}\r\n"
            "cache-control: no-store\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _expect_head(self) -> None:
        if self._timer is None:
            self._head_bytes = 0
            self._timer = self.loop.call_later(self.HEAD_SECONDS, self._is_late)

    def _head_came(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _drained(self) -> None:
        if self._draining:
            self._draining.cancel()
            self._draining = None

    def _is_late(self) -> None:
        """Nobody waits for an answer who has not asked, or has one: the connection just ends."""
        self._head_came()
        self._drained()
        self.transport.abort()
