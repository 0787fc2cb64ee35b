"""A load generator that every machine has: keep-alive HTTP/1.1 over plain sockets, one thread.

Each connection sends its next request as soon as it has the last answer. What the answers say is
looked at afterwards, so that it costs nothing while the clock runs. docs/benchmarks.md says how
it was held against `wrk`.
"""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from time import perf_counter

from benchmarks.replies import Reply

_PATIENCE_SECONDS = 60.0
_READ_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: the number of its request, status, body, when it was whole, how long it took."""

    request: int
    status: int
    body: bytes
    at: float
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Load:
    """The answers that came before the time was up, in order, and how many came a second.

    The rate is counted up to the last of them: a few slow answers would else be cut off unevenly.
    """

    answers: list[Answer]
    rate: float


def post(path: str, content_type: str, body: bytes) -> bytes:
    """The bytes of one request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def form(name: str, pictures: Sequence[bytes]) -> tuple[str, bytes]:
    """Content type and body of a form with `pictures` as files of one field, as curl sends it."""
    boundary = "------------------------0123456789abcdef"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; '
        f'filename="{number}.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'.encode()
        + data
        + b"\r\n"
        for number, data in enumerate(pictures)
    ]
    body = b"".join((*parts, f"--{boundary}--\r\n".encode()))
    return f"multipart/form-data; boundary={boundary}", body


def drive(
    port: int,
    requests: Sequence[bytes],
    connections: int,
    *,
    seconds: float = float("inf"),
    most: float = float("inf"),
) -> Load:
    """Send `requests` in turn, again and again, until `seconds` are over or `most` were sent.

    However short the time, each connection gets one answer. Nothing is under way any more when it
    returns. Raises `OSError` when the server breaks a connection off or says nothing for a minute.
    """
    opened = [_Connection(port) for _ in range(connections)]
    try:
        start = perf_counter()
        answers = list(_exchange(opened, requests, start + seconds, most))
    finally:
        for connection in opened:
            connection.socket.close()
    in_time = sum(each.at <= start + seconds for each in answers)
    counted = answers[: max(in_time, connections)]
    return Load(counted, len(counted) / (counted[-1].at - start))


class _Connection:
    """One connection and the request that is on its way there or back."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), _PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self._number, self._start = 0, 0.0
        self._unsent = memoryview(b"")
        self._reply = Reply()

    def begin(self, number: int, request: bytes) -> None:
        """Begin to send."""
        self._number, self._unsent, self._reply = number, memoryview(request), Reply()
        self._start = perf_counter()
        self._send()

    @property
    def waits_for(self) -> int:
        """What must be possible on the socket before it goes on."""
        return selectors.EVENT_WRITE if self._unsent else selectors.EVENT_READ

    def go_on(self) -> Answer | None:
        """Send or receive what is possible now; the answer once it is whole."""
        if self._unsent:
            self._send()
            return None
        data = self.socket.recv(_READ_BYTES)
        if not data:
            raise ConnectionError("the server broke the connection off")
        if not self._reply.add(data):
            return None
        now = perf_counter()
        took = (now - self._start) * 1e3
        return Answer(self._number, self._reply.status, self._reply.body, now, took)

    def _send(self) -> None:
        try:
            self._unsent = self._unsent[self.socket.send(self._unsent) :]
        except BlockingIOError:
            return


def _exchange(
    opened: Sequence[_Connection], requests: Sequence[bytes], end: float, most: float
) -> Iterator[Answer]:
    """Keep every connection busy until `end`, then wait for what is under way."""
    turns = count()
    with selectors.DefaultSelector() as selector:
        for connection in opened:
            if (number := next(turns)) < most:
                connection.begin(number, requests[number % len(requests)])
                selector.register(connection.socket, connection.waits_for, connection)
        while selector.get_map():
            ready = selector.select(_PATIENCE_SECONDS)
            if not ready:
                raise TimeoutError(f"the server said nothing for {_PATIENCE_SECONDS:g} s")
            for key, _ in ready:
                connection = key.data
                if answer := connection.go_on():
                    yield answer
                    number = next(turns)
                    if answer.at >= end or number >= most:
                        selector.unregister(connection.socket)
                        continue
                    connection.begin(number, requests[number % len(requests)])
                if connection.waits_for != key.events:
                    selector.modify(connection.socket, connection.waits_for, connection)
