"""Who comes when enough is under way is told at once; whoever is inside gets an answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.routing import APIRoute

import api.routes
from api.gates.concurrency import classifies
from tests.api.conftest import client
from tests.api.gates.conftest import MOST
from tests.api.test_problems import assert_problem
from tests.servers.uvicorn import Uvicorn

HEAD = (
    "POST {} HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\n"
    "content-length: {}\r\nexpect: 100-continue\r\n\r\n"
)


@contextmanager
def inside(url: str, length: int, path: str = "/classify") -> Iterator[socket.socket]:
    """A request whose body is waited for: the service has begun with it, and says so."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        connection.sendall(HEAD.format(path, length).encode())
        assert connection.recv(1_000).startswith(b"HTTP/1.1 100")
        yield connection


def status_of(connection: socket.socket) -> int:
    """The status of the answer that comes."""
    reply = HTTPResponse(connection)
    reply.begin()
    reply.read()
    return reply.status


def test_one_too_many_is_busy_at_once_and_the_others_are_answered(
    narrow: Uvicorn, chelsea: Path
) -> None:
    picture = chelsea.read_bytes()
    png = {"content-type": "image/png"}
    with (
        client(narrow.url) as service,
        inside(narrow.url, len(picture)) as first,
        inside(narrow.url, len(picture)) as second,
    ):
        reply = service.post("/classify", content=picture, headers=png)
        assert_problem(reply, 503, "busy")
        assert reply.headers["retry-after"] == "1"
        protocol = service.post("/v1/models/imagenet-lite0:predict", content=b"{}")
        assert (protocol.status_code, protocol.headers["retry-after"]) == (503, "1")
        # What classifies nothing goes on, so that nobody takes the service for dead.
        assert service.get("/readyz").status_code == service.get("/model").status_code == 200

        for each in (first, second):
            each.sendall(picture)
        assert [status_of(each) for each in (first, second)] == [200, 200]
        assert service.post("/classify", content=picture, headers=png).status_code == 200


@pytest.mark.parametrize("path", ["/classify", "/v1/models/imagenet-lite0:predict"])
def test_a_caller_who_leaves_makes_room_and_is_no_error(
    narrow: Uvicorn, chelsea: Path, path: str
) -> None:
    for _ in range(MOST + 1):
        with inside(narrow.url, 1_000, path):
            pass
    connection = HTTPConnection(urlsplit(narrow.url).netloc, timeout=30)
    connection.request("GET", "/livez")
    assert connection.getresponse().status == 200
    connection.close()
    with httpx.Client(base_url=narrow.url, trust_env=False) as service:
        reply = service.post("/classify", files={"image": chelsea.read_bytes()})
    assert reply.status_code == 200
    assert "Traceback" not in narrow.log()
    assert "status=500" not in narrow.log()


def test_every_route_that_classifies_is_counted() -> None:
    posts = {
        route.path
        for module in iter_modules(api.routes.__path__)
        for route in import_module(f"api.routes.{module.name}").router.routes
        if isinstance(route, APIRoute) and "POST" in (route.methods or ())
    }
    counted = {
        path for path in posts if classifies({"type": "http", "method": "POST", "path": path})
    }
    assert posts - counted == {"/uploads"}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_answer_to_an_upload_is_counted_because_it_may_be_made_then(method: str) -> None:
    assert classifies({"type": "http", "method": method, "path": "/results/65f0a1b2-x"})


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/model"), ("POST", "/uploads"), ("DELETE", "/results/x"), ("OPTIONS", "/results/x")],
)
def test_what_needs_no_core_is_not_counted(method: str, path: str) -> None:
    assert not classifies({"type": "http", "method": method, "path": path})
