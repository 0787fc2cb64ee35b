"""`microlens classify --url` against a real service."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from cli.service import Service, is_web_address
from inference.errors import OperatorError
from tests.cli.command import invoke
from tests.servers.process import free_ports
from tests.servers.uvicorn import uvicorn


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with uvicorn() as running:
        yield running.url


class Alive(BaseHTTPRequestHandler):
    """A web server that is alive, and no Microlens."""

    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's name
        """Keep quiet."""


@contextmanager
def answering(handler: type[Alive]) -> Iterator[str]:
    """Its address, while it runs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def stranger(
    status: int, body: bytes, announced_bytes: int | None = None
) -> AbstractContextManager[str]:
    """One that gives every picture the same reply."""
    length = len(body) if announced_bytes is None else announced_bytes

    class Stranger(Alive):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("content-length", str(length))
            self.end_headers()
            self.wfile.write(body)

    return answering(Stranger)


def hanging_up() -> AbstractContextManager[str]:
    """One that closes the connection on every picture, its body unread."""

    class Leaving(Alive):
        def do_POST(self) -> None:
            """Say nothing."""

    return answering(Leaving)


def test_a_service_gives_the_same_output_as_this_process(
    service: str, chelsea: Path, broken: Path, folder: Path, tmp_path: Path
) -> None:
    (empty := tmp_path / "empty.jpg").write_bytes(b"")

    def ran(*more: str) -> tuple[int, list[dict[str, object]]]:
        done = invoke("classify", chelsea, broken, empty, folder, "--top-k", "3", "--json", *more)
        results = done.document()["results"]
        for each in results:
            each.pop("timing_ms", None)
        return done.code, results

    here, there = ran(), ran("--url", f"{service}/")

    assert there == here
    assert there[0] == 1
    assert len(there[1]) == 6


def test_a_service_honours_the_score_asked_for(service: str, coffee: Path) -> None:
    ran = invoke("classify", coffee, "--url", service, "--min-score", "0.5", "--json")

    assert [each["label"] for each in ran.document()["predictions"]] == ["espresso"]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that no buffer on its way holds whole; 16 MB."""
    path = tmp_path_factory.mktemp("large") / "large.bmp"
    path.write_bytes(bytes(16_000_000))
    return path


def test_a_refusal_is_read_though_the_picture_was_still_on_its_way(large: Path) -> None:
    with uvicorn({"MICROLENS_MAX_BODY_BYTES": "1000"}) as running:
        ran = invoke("classify", large, "--url", running.url, "--json")

    assert ran.code == 1
    assert ran.document()["code"] == "image_too_large"
    assert "the body has 16,000,000 bytes; at most 1,000" in ran.document()["detail"]


def test_a_service_that_hangs_up_without_a_word_is_told_with_the_size(large: Path) -> None:
    with hanging_up() as url:
        ran = invoke("classify", large, "--url", url, "--json")

    assert ran.code == 1
    assert ran.document()["code"] == "source_unavailable"
    assert "did not take the 16,000,000 bytes of the picture" in ran.document()["detail"]
    assert "MICROLENS_MAX_BODY_BYTES" in ran.document()["detail"]


def test_a_service_that_is_not_there_is_one_sentence(chelsea: Path, coffee: Path) -> None:
    url = f"http://127.0.0.1:{free_ports(1)[0]}"

    ran = invoke("classify", chelsea, coffee, "--url", url, "--json")

    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr == (
        f"microlens: {url} does not answer: Connection refused; "
        "is the address of the service right?\n"
    )


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"<html>"), (200, b'{"hello": 1}'), (502, b"<html>"), (404, b"[]"), (404, b"[" * 10**5)],
    ids=["a page", "another shape", "a gateway", "a list", "nothing but brackets"],
)
def test_a_server_that_is_no_microlens_is_said_to_be_none(
    status: int, body: bytes, chelsea: Path
) -> None:
    with stranger(status, body) as url:
        ran = invoke("classify", chelsea, "--url", url, "--json")

    assert ran.code == 1
    assert ran.document()["code"] == "source_unavailable"
    assert f"answered {status}, but not as Microlens does" in ran.document()["detail"]


def test_a_reply_that_is_cut_off_is_a_failure_of_that_picture(chelsea: Path) -> None:
    with stranger(200, b"{}", announced_bytes=10) as url:
        ran = invoke("classify", chelsea, "--url", url)

    assert (ran.code, ran.stdout) == (1, "")
    assert f"{url} does not answer" in ran.stderr


def test_a_reply_without_an_end_is_not_read_to_it(
    chelsea: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.service._MOST_BYTES", 1_000)

    with stranger(200, b" " * 2_000, announced_bytes=10**12) as url:
        ran = invoke("classify", chelsea, "--url", url)

    assert "answered 200, but not as Microlens does" in ran.stderr


@pytest.mark.parametrize(
    ("path", "token"), [("", "s3cr3t\nX-Header: 1"), ("", "s3cr3t-töken-☃"), ("/ä", "s3cr3t")]
)
def test_what_http_cannot_carry_is_said_without_the_token(path: str, token: str) -> None:
    service = Service(f"http://127.0.0.1:9{path}", token)

    with pytest.raises(OperatorError, match="its address or the token holds what HTTP") as error:
        service.greet()

    assert "s3cr3t" not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("http://localhost:8000", True),
        ("https://a.lambda-url.eu-west-1.on.aws/", True),
        ("https://a.execute-api.eu-west-1.amazonaws.com/prod", True),
        ("file:///etc/passwd", False),
        ("ftp://host/", False),
        ("localhost:8000", False),
        ("http://", False),
        ("http://host/?a=b", False),
        ("http://host/#a", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_only_http_and_https_are_addresses_of_services(text: str, is_one: bool) -> None:
    assert is_web_address(text) is is_one
