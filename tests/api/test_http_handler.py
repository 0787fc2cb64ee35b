"""The HTTP entry in AWS's runtime emulator, with the events that gateways send."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.api import events
from tests.servers.emulator import Emulator, emulator

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="module")
def function(environment: dict[str, str]) -> Iterator[Emulator]:
    """The HTTP function, warm after its first event."""
    with emulator("api.http_handler.handler", environment) as found:
        yield found


@pytest.fixture(scope="module")
def expected(service: httpx.Client, chelsea: Path) -> list[dict[str, Any]]:
    """What the same code answers under uvicorn."""
    response = service.post("/classify?top_k=3", files={"image": chelsea.read_bytes()})
    predictions: list[dict[str, Any]] = response.json()["predictions"]
    return predictions


def body_of(reply: dict[str, Any], status: int = 200) -> dict[str, Any]:
    """The JSON in a gateway's reply, which must be text."""
    assert reply["statusCode"] == status, reply
    assert reply["isBase64Encoded"] is False
    body: dict[str, Any] = json.loads(reply["body"])
    return body


@pytest.mark.parametrize("shape", events.HTTP_SHAPES)
@pytest.mark.parametrize("way", ["raw", "multipart", "json-base64", "json-url", "multipart-url"])
def test_every_gateway_and_every_way_of_sending_answers_as_uvicorn_does(
    function: Emulator,
    s3: S3Client,
    photos: str,
    chelsea: Path,
    expected: list[dict[str, Any]],
    shape: str,
    way: str,
) -> None:
    picture = chelsea.read_bytes()
    s3.put_object(Bucket=photos, Key="the cat.png", Body=picture)
    url = f"s3://{photos}/the cat.png"
    ways: dict[str, dict[str, Any]] = {
        "raw": {"content": picture, "headers": {"content-type": "image/png"}},
        "multipart": {"files": {"image": ("cat.png", picture)}},
        "multipart-url": {"files": {"url": (None, url)}},
        "json-base64": {"json": {"image": base64.b64encode(picture).decode()}},
        "json-url": {"json": {"url": url}},
    }
    request = httpx.Request("POST", "http://service/classify", **ways[way])
    event = events.http(shape, request.read(), request.headers["content-type"])
    assert body_of(function.invoke(event))["predictions"] == expected


def test_a_json_body_may_come_as_text(
    function: Emulator, chelsea: Path, expected: list[dict[str, Any]]
) -> None:
    event = events.http("http_api_v2", b"", "application/json")
    event["body"] = json.dumps({"image": base64.b64encode(chelsea.read_bytes()).decode()})
    event["isBase64Encoded"] = False
    assert body_of(function.invoke(event))["predictions"] == expected


def test_problems_are_text_with_their_own_media_type(function: Emulator) -> None:
    reply = function.invoke(events.http("http_api_v2", b"no picture", "image/png"))
    assert body_of(reply, 415)["code"] == "unsupported_image"
    assert reply["headers"]["content-type"] == "application/problem+json"


def test_a_picture_that_a_gateway_turned_into_text_is_told_so(function: Emulator) -> None:
    event = events.http("rest_api_v1", b"", "image/png")
    event |= {"body": "\ufffdPNG\r\n\x1a\n", "isBase64Encoded": False}
    assert "binary media types" in body_of(function.invoke(event), 400)["detail"]


def test_bodies_are_limited_to_what_lambda_takes_and_the_way_around_is_named(
    function: Emulator,
) -> None:
    event = events.http("http_api_v2", bytes(4_600_001), "image/png")
    detail = body_of(function.invoke(event), 413)["detail"]
    assert "4,600,000" in detail
    assert "S3" in detail


def test_the_page_and_the_probes_are_served(function: Emulator) -> None:
    page = function.invoke(events.get("/"))
    assert page["statusCode"] == 200
    assert page["headers"]["content-type"] == "text/html; charset=utf-8"
    assert "<title>Microlens" in page["body"]
    assert body_of(function.invoke(events.get("/readyz"))) == {"status": "ok"}
    assert body_of(function.invoke(events.get("/model")))["labels"] == 1000


@pytest.mark.parametrize(
    ("path", "status"), [("/prod/readyz", 200), ("/prod", 200), ("/product", 404)]
)
def test_the_named_stage_of_an_http_api_is_no_part_of_the_path(
    function: Emulator, path: str, status: int
) -> None:
    event = events.get(path)
    event["requestContext"]["stage"] = "prod"
    assert function.invoke(event)["statusCode"] == status


def rest(method: str, path: str) -> dict[str, Any]:
    """A request to a REST API's stage `prod`: to the caller the address begins with it."""
    event = events.load("rest_api_v1") | {"httpMethod": method, "path": path, "resource": path}
    event["requestContext"] |= {"httpMethod": method, "path": f"/prod{path}"}
    event |= {"queryStringParameters": None, "multiValueQueryStringParameters": None}
    return event


def test_the_docs_work_behind_the_stage_of_a_rest_api(function: Emulator) -> None:
    page = function.invoke(rest("GET", "/docs"))
    assert page["statusCode"] == 200
    # Seen from /prod/docs these are below /prod; an absolute path would leave the stage.
    assert 'href="openapi.json"' in page["body"]
    assert '"/openapi.json"' not in page["body"]
    document = body_of(function.invoke(rest("GET", "/openapi.json")))
    assert [server["url"] for server in document["servers"]] == ["./"]
    assert "/classify" in document["paths"]


def test_head_and_options_pass_the_gateway(function: Emulator) -> None:
    head = function.invoke(rest("HEAD", "/model"))
    assert (head["statusCode"], head["body"]) == (200, "")
    options = function.invoke(rest("OPTIONS", "/classify"))
    assert options["statusCode"] == 204
    assert options["headers"]["allow"] == "OPTIONS, POST"


def test_a_body_that_is_not_the_base64_it_claims_to_be_is_a_problem(function: Emulator) -> None:
    event = events.http("http_api_v2", b"", "image/png")
    event["body"] = "abcde"
    assert body_of(function.invoke(event), 400)["code"] == "bad_request"


GET = {"method": "GET", "path": "/livez"}
UNREADABLE: dict[str, dict[str, Any]] = {
    "no headers": {"headers": None},
    "a body that is an object": {"body": {"image": ""}},
    "no address of the caller": {"requestContext": {"http": GET}},
    "a connection of a web socket": {
        "version": None,
        "requestContext": {"eventType": "CONNECT", "http": GET},
    },
    "a host with two ports": {"headers": {"host": "a:1:2"}},
    "a port of two gateways": {"headers": {"x-forwarded-port": "443, 80"}},
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_event_that_no_gateway_sends_is_refused_and_not_called_base64(
    function: Emulator, name: str
) -> None:
    event = events.get("/livez") | UNREADABLE[name]
    if event["version"] is None:
        del event["version"]

    said = body_of(function.invoke(event), 400)

    assert said["code"] == "bad_request"
    assert "event cannot be read: send a Host" in said["detail"]


@pytest.mark.parametrize("ping", [{}, events.load("warmup_plugin"), events.load("scheduled")])
def test_a_ping_is_answered_as_such(function: Emulator, ping: object) -> None:
    assert function.invoke(ping) == {"warm": True, "model_loaded": True}


def test_an_event_of_s3_is_told_where_it_belongs(function: Emulator) -> None:
    reply = function.invoke(events.load("s3_put"))
    assert reply["errorType"] == "BadRequest"
    assert "api.event_handler.handler" in reply["errorMessage"]
