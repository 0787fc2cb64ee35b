"""Faults between a client and a real HTTP server: a proxy that spoils the requests it is told to.

It listens on a free port of 127.0.0.1 and passes requests on as they are, the `Host` header
included, so signatures of S3 stay valid. Bodies are held whole in memory.

    with faulty(seaweed.endpoint_url) as proxy:
        proxy.spoil(Answer(503), at=3)                  # the third request from now on, once
        proxy.spoil(CutReply(100), at=3, lasting=True)  # the third and all after it
        proxy.plan = lambda request: Hang() if request.method == "PUT" else None
        proxy.requests                                  # what was asked so far
"""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from urllib.parse import urlsplit

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect"}
_UPSTREAM_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer `status` as S3 does, without asking the server."""

    status: int

    @property
    def body(self) -> bytes:
        """The XML of an S3 error."""
        code = {500: "InternalError", 503: "SlowDown"}.get(self.status, "Failed")
        return f"<Error><Code>{code}</Code><Message>as it was told</Message></Error>".encode()


@dataclass(frozen=True, slots=True)
class CutRequest:
    """Pass on the head and `after` bytes of the request's body, then break both connections.

    `after=None` breaks the client's before anything is passed on.
    """

    after: int | None = None


@dataclass(frozen=True, slots=True)
class CutReply:
    """Let the server do its work, hand back `after` bytes of the reply's body, then break off.

    `after=None` breaks off before the first byte: the work is done and nobody learns of it. A
    reply whose body is no longer than `after` is handed back whole.
    """

    after: int | None = None


@dataclass(frozen=True, slots=True)
class Hang:
    """As `CutReply`, but say nothing more instead of breaking off, until the client gives up."""

    after: int | None = None


@dataclass(frozen=True, slots=True)
class Delay:
    """Hand back the whole reply, `seconds` late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Garble:
    """Hand back the reply with one bit of its body flipped, in the byte at `at` (from 0).

    S3's checksums are left out, as if the wrong byte had been written: only a digest of our own
    can tell. A shorter body is handed back as it is.
    """

    at: int


Fault = Answer | CutRequest | CutReply | Hang | Delay | Garble


@dataclass(frozen=True, slots=True)
class Request:
    """One request that came through: its number, from 1 on, and what it asked for."""

    number: int
    method: str
    path: str


Plan = Callable[[Request], Fault | None]


class Proxy:
    """The running proxy; `plan` says of each request which fault it meets, if any."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.plan: Plan = _no_fault
        self._requests: list[Request] = []
        self._lock = Lock()

    @property
    def requests(self) -> list[Request]:
        """All requests so far, retries among them."""
        with self._lock:
            return list(self._requests)

    def spoil(self, fault: Fault, *, at: int = 1, lasting: bool = False) -> None:
        """Let the `at`-th request from now on meet `fault`; with `lasting`, all after it too."""
        first = len(self.requests) + at

        def plan(request: Request) -> Fault | None:
            hit = request.number >= first if lasting else request.number == first
            return fault if hit else None

        self.plan = plan

    def heal(self) -> None:
        """Let every request through from now on."""
        self.plan = _no_fault

    def fault_for(self, method: str, path: str) -> Fault | None:
        """Count a request that has come in, and what is to become of it."""
        with self._lock:
            request = Request(len(self._requests) + 1, method, path)
            self._requests.append(request)
        return self.plan(request)


def _no_fault(_: Request) -> Fault | None:
    return None


@contextmanager
def faulty(upstream: str) -> Iterator[Proxy]:
    """Run a proxy in front of the server at `upstream` (`http://HOST:PORT`) while the block lasts.

    Whatever still waits for an answer when the block ends is cut off.
    """
    host, port = urlsplit(upstream).hostname, urlsplit(upstream).port
    assert host is not None, f"{upstream} has no host"
    assert port is not None, f"{upstream} has no port"
    server = _Server((host, port))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.proxy
    finally:
        server.shutdown()
        thread.join()
        server.cut_all()
        server.server_close()


class _Server(ThreadingHTTPServer):
    """A thread for each connection, all of them ended by `cut_all` and joined on closing."""

    daemon_threads = False

    def __init__(self, upstream: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = Proxy(f"http://127.0.0.1:{self.server_address[1]}")
        self.upstream = upstream
        self.closing = Event()
        self._open: set[socket.socket] = set()
        self._lock = Lock()

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def cut_all(self) -> None:
        self.closing.set()
        with self._lock:
            for connection in self._open:
                _cut(connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has gone is what is being tested, and no reason to print a traceback."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two writes: the second would wait 40 ms for an acknowledgement of the first.
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        with suppress(OSError):  # what could not be sent before the cut
            super().finish()

    def relay(self) -> None:
        """One request: its fault decides how far it, and its reply, get."""
        body = self._body()
        fault = self.server.proxy.fault_for(self.command, self.path)
        match fault:
            case Answer():
                self._reply(fault.status, [("Content-Type", "application/xml")], fault.body)
            case CutRequest(None):
                self._break_off()
            case CutRequest():
                self._ask_in_part(body[: fault.after])
                self._break_off()
            case _:
                status, headers, reply = self._ask(body)
                self._hand_back(fault, status, headers, reply)

    def log_message(self, *_: object) -> None:
        """`Proxy.requests` is the log."""

    def _hand_back(
        self, fault: Fault | None, status: int, headers: list[tuple[str, str]], body: bytes
    ) -> None:
        match fault:
            case CutReply() | Hang() if fault.after is None or fault.after < len(body):
                if fault.after is not None:
                    self._reply(status, headers, body, most=fault.after)
                if isinstance(fault, Hang):
                    self._wait_for_the_client_to_leave()
                self._break_off()
            case Delay():
                self.server.closing.wait(fault.seconds)
                self._reply(status, headers, body)
            case Garble() if fault.at < len(body):
                unchecked = [each for each in headers if "checksum" not in each[0].lower()]
                self._reply(status, unchecked, _with_a_bit_flipped(body, fault.at))
            case _:
                self._reply(status, headers, body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(chunks)

    def _start_asking(self, length: int) -> http.client.HTTPConnection:
        """A connection to the server with the request's head on it."""
        host, port = self.server.upstream
        connection = http.client.HTTPConnection(host, port, timeout=_UPSTREAM_SECONDS)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in _HOP_BY_HOP:
                connection.putheader(name, value)
        if length or "Content-Length" in self.headers:
            connection.putheader("Content-Length", str(length))
        connection.endheaders()
        return connection

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = self._start_asking(len(body))
        try:
            if body:
                connection.send(body)
            reply = connection.getresponse()
            headers = [(k, v) for k, v in reply.getheaders() if k.lower() not in _HOP_BY_HOP]
            if self.command == "HEAD" and reply.getheader("Content-Length"):
                headers.append(("Content-Length", reply.getheader("Content-Length", "")))
            return reply.status, headers, reply.read()
        finally:
            connection.close()

    def _ask_in_part(self, part: bytes) -> None:
        connection = self._start_asking(int(self.headers.get("Content-Length", 0)))
        if part:
            connection.send(part)
        connection.close()

    def _reply(
        self, status: int, headers: list[tuple[str, str]], body: bytes, most: int | None = None
    ) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if self.command != "HEAD" and status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:most])

    def _wait_for_the_client_to_leave(self) -> None:
        with suppress(OSError):
            while self.connection.recv(65_536):
                pass

    def _break_off(self) -> None:
        self.close_connection = True
        _cut(self.connection)


for _method in ("DELETE", "GET", "HEAD", "POST", "PUT"):
    setattr(_Handler, f"do_{_method}", _Handler.relay)


def _with_a_bit_flipped(body: bytes, at: int) -> bytes:
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):  # it is gone already
        connection.shutdown(socket.SHUT_RDWR)
