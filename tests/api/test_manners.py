"""What every address owes a client beside its answer: HEAD, OPTIONS, and no silent ignoring."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from api.problems import problem_response
from inference.errors import ModelNotReady
from tests.api.conftest import client
from tests.api.test_problems import assert_problem
from tests.servers.uvicorn import uvicorn

READ = ["/", "/docs", "/openapi.json", "/model", "/livez", "/readyz"]
# What differs from one second, or one look at the model, to the next.
CHANGING = {"date", "x-request-id"}


@pytest.mark.parametrize("path", READ)
def test_head_has_the_headers_of_get_and_no_body(service: httpx.Client, path: str) -> None:
    got, asked = service.get(path), service.head(path)
    assert asked.status_code == got.status_code == 200
    assert asked.content == b""
    assert dict(asked.headers).keys() - CHANGING == dict(got.headers).keys() - CHANGING
    for name in dict(got.headers).keys() - CHANGING:
        assert asked.headers[name] == got.headers[name], name


def test_a_connection_goes_on_after_head(service: httpx.Client) -> None:
    assert service.head("/model").content == b""
    assert service.get("/livez").json() == {"status": "ok"}


@pytest.mark.parametrize("method", ["HEAD", "GET", "DELETE"])
def test_what_an_address_does_not_take_is_405_with_all_that_it_takes(
    service: httpx.Client, method: str
) -> None:
    reply = service.request(method, "/classify")
    assert reply.status_code == 405
    assert reply.headers["allow"] == "OPTIONS, POST"
    assert reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", READ[2:])
def test_options_names_the_methods(service: httpx.Client, path: str) -> None:
    reply = service.options(path)
    assert (reply.status_code, reply.content) == (204, b"")
    assert reply.headers["allow"] == "GET, HEAD, OPTIONS"
    assert not [name for name in reply.headers if name.startswith("access-control")]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "GET"])
def test_no_method_finds_what_is_not_there(service: httpx.Client, method: str) -> None:
    reply = service.request(method, "/nowhere")
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"


def test_the_methods_of_two_routes_at_one_address_are_named_together(tmp_path: Path) -> None:
    (tmp_path / "shared.py").write_text(
        "from api.app import app\n\n"
        "@app.get('/shared')\n"
        "async def read() -> str:\n"
        "    return 'read'\n\n"
        "@app.delete('/shared')\n"
        "async def remove() -> str:\n"
        "    return 'removed'\n"
    )
    with (
        uvicorn({"PYTHONPATH": str(tmp_path)}, app="shared:app") as server,
        client(server.url) as service,
    ):
        for reply in (service.options("/shared"), service.put("/shared")):
            assert reply.headers["allow"] == "DELETE, GET, HEAD, OPTIONS"
        assert service.head("/shared").headers["content-length"] == str(len('"read"'))
        assert service.delete("/shared").json() == "removed"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("topk=3", "there is no parameter 'topk'; /classify takes top_k and min_score"),
        ("top_k=1&Min_Score=1", "there is no parameter 'Min_Score'"),
        ("top_k=1&top_k=2", "the parameter 'top_k' is given more than once"),
        ("top_k=1&top_k=1", "the parameter 'top_k' is given more than once"),
        ("top_k=1&top-k=2&topk=3", "there is no parameter 'top-k'"),
        ("%00=1", r"there is no parameter '\x00'"),
        ("=", "there is no parameter ''"),
        ("%ff%fe", "there is no parameter"),
        ("x" * 5_000, f"there is no parameter {'x' * 80!r}"),
        ("top_k=", "top_k=''"),
    ],
    ids=lambda text: text[:30],
)
def test_a_parameter_that_would_be_ignored_is_refused_by_name(
    service: httpx.Client, chelsea: Path, query: str, says: str
) -> None:
    reply = service.post(f"/classify?{query}", files={"image": chelsea.read_bytes()})
    assert_problem(reply, 400, "bad_request")
    assert says in reply.json()["detail"]
    assert len(reply.json()["detail"]) < 400


def test_a_signed_address_is_not_refused_for_its_signature(
    service: httpx.Client, chelsea: Path
) -> None:
    signed = "/classify?top_k=1&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0f"
    reply = service.post(signed, files={"image": chelsea.read_bytes()})
    assert len(reply.json()["predictions"]) == 1


@pytest.mark.parametrize(
    ("known", "said"),
    [(None, "5"), (0.0, "1"), (0.2, "1"), (29.2, "30"), (300.0, "300"), (86_400.0, "300")],
)
def test_retry_after_is_whole_seconds_and_bounded(known: float | None, said: str) -> None:
    reply = problem_response(ModelNotReady("no model", known))
    assert (reply.status_code, reply.headers["retry-after"]) == (503, said)
