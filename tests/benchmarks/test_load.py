"""The load generator sends what it is given, in turn, and reads every whole answer."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from benchmarks.load import drive, form, post
from benchmarks.replies import Reply

ANSWER = b"x" * 100_000


class Echo(BaseHTTPRequestHandler):
    """Answers with the request's body and a long tail; /chunked in chunks, /gone not at all."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])) + ANSWER
        if self.path == "/gone":
            self.close_connection = True
            return
        self.send_response(200)
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for part in (body[:10], body[10:]):
                self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


class Server(ThreadingHTTPServer):
    """Its threads are waited for when it closes."""

    daemon_threads = False


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with Server(("127.0.0.1", 0), Echo) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["/length", "/chunked"])
@pytest.mark.parametrize("connections", [1, 3])
def test_requests_are_sent_in_turn_and_answered_whole(
    port: int, path: str, connections: int
) -> None:
    bodies = [b"one", b"two" * 200_000, b"three"]

    load = drive(port, [post(path, "a/b", each) for each in bodies], connections, most=7)

    assert sorted(answer.request for answer in load.answers) == list(range(7))
    for answer in load.answers:
        assert answer.status == 200
        assert answer.body == bodies[answer.request % 3] + ANSWER
        assert answer.milliseconds > 0


def test_a_rate_is_answers_over_the_time_to_the_last_of_them(port: int) -> None:
    load = drive(port, [post("/length", "a/b", b"")], 2, seconds=0.2)

    last = max(answer.at for answer in load.answers)
    first = min(answer.at - answer.milliseconds / 1e3 for answer in load.answers)
    assert load.rate == pytest.approx(len(load.answers) / (last - first), rel=0.1)


def test_however_short_the_time_every_connection_gets_an_answer(port: int) -> None:
    load = drive(port, [post("/length", "a/b", b"")], 4, seconds=0.0)

    assert len(load.answers) == 4


def test_a_connection_that_is_broken_off_is_an_error(port: int) -> None:
    with pytest.raises(ConnectionError):
        drive(port, [post("/gone", "a/b", b"")], 1, most=1)


def test_a_form_has_a_part_for_each_picture() -> None:
    content_type, body = form("image", [b"first", b"second"])

    boundary = content_type.partition("boundary=")[2].encode()
    before, first, second, after = body.split(b"--" + boundary)
    assert (before, after) == (b"", b"--\r\n")
    assert first.endswith(b"\r\n\r\nfirst\r\n")
    assert second.endswith(b"\r\n\r\nsecond\r\n")


def test_a_reply_is_read_from_pieces_of_any_size() -> None:
    reply = Reply()

    whole = [
        reply.add(bytes([byte])) for byte in b"HTTP/1.1 422 No\r\ncontent-length: 3\r\n\r\nabc"
    ]

    assert whole == [False] * (len(whole) - 1) + [True]
    assert (reply.status, reply.body) == (422, b"abc")


def test_a_reply_without_a_length_is_an_error() -> None:
    with pytest.raises(OSError, match="length"):
        Reply().add(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
