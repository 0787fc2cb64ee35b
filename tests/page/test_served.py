"""How the pages are sent: types, policies, caches; by uvicorn and on Lambda the same."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api import events
from tests.servers.emulator import Emulator, emulator
from tests.servers.uvicorn import uvicorn

ADDRESSES = {
    "/": "text/html; charset=utf-8",
    "/docs": "text/html; charset=utf-8",
    "/sample.png": "image/png",
    "/model/labels": "application/json",
}

UPLOADING = {
    "MICROLENS_MAX_BODY_BYTES": "4600000",
    "MICROLENS_UPLOADS": "s3://photos/in",
    "MICROLENS_RESULTS": "s3://photos/out",
}
CREDENTIALS = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "known",
    "AWS_SECRET_ACCESS_KEY": "to nobody",
}
ORIGIN = "https://photos.s3.eu-central-1.amazonaws.com"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with (
        uvicorn(UPLOADING | CREDENTIALS) as running,
        httpx.Client(base_url=running.url, trust_env=False) as found,
    ):
        yield found


@pytest.fixture(scope="module")
def function() -> Iterator[Emulator]:
    with emulator("api.http_handler.handler", UPLOADING | CREDENTIALS) as found:
        yield found


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_there_already_is_not_sent_again(client: httpx.Client, address: str) -> None:
    first = client.get(address)
    assert first.status_code == 200
    assert first.headers["content-type"] == ADDRESSES[address]
    tag = first.headers["etag"]
    for named in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(address, headers={"if-none-match": named})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["cache-control"] == first.headers["cache-control"]
    assert client.get(address, headers={"if-none-match": '"other"'}).content == first.content


@pytest.mark.parametrize(("address", "reached"), [("/", f"'self' {ORIGIN}"), ("/docs", "'self'")])
def test_the_policy_lets_nothing_run_but_what_the_page_brings(
    client: httpx.Client, address: str, reached: str
) -> None:
    headers = client.get(address).headers
    policy = dict(
        rule.partition(" ")[::2] for rule in headers["content-security-policy"].split("; ")
    )

    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == reached
    assert policy["img-src"] == "'self' blob: data:"
    for kind in ("script-src", "style-src"):
        assert policy[kind].startswith("'sha256-")
        assert "unsafe" not in policy[kind]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-cache"


def test_the_labels_are_those_of_the_release(client: httpx.Client) -> None:
    report = client.get("/model").json()
    reply = client.get("/model/labels")

    assert reply.headers["etag"] == f'"{report["model"]["release"]}"'
    assert len(reply.json()) == report["labels"]
    assert reply.json()[281] == "tabby"


def test_the_sample_is_chelsea_the_cat(client: httpx.Client, chelsea: Path) -> None:
    assert client.get("/sample.png").content == chelsea.read_bytes()


def test_without_credentials_for_uploads_the_page_does_without_them() -> None:
    with uvicorn(UPLOADING) as running:
        reply = httpx.get(running.url)
    assert reply.status_code == 200
    assert "connect-src 'self';" in reply.headers["content-security-policy"]
    assert "&quot;upload_bytes&quot;: 0" in reply.text


@pytest.mark.parametrize("address", ADDRESSES)
def test_lambda_sends_the_same_bytes_and_headers(
    function: Emulator, client: httpx.Client, address: str
) -> None:
    there = client.get(address)
    here = function.invoke(events.get(address))

    assert (here["statusCode"], _bytes_of(here)) == (200, there.content)
    names = ("etag", "content-type", "cache-control", "content-security-policy")
    assert [here["headers"].get(name) for name in names] == [
        there.headers.get(name) for name in names
    ]
    event = events.get(address)
    event["headers"] |= {"if-none-match": there.headers["etag"]}
    again = function.invoke(event)
    assert (again["statusCode"], _bytes_of(again)) == (304, b"")


def _bytes_of(reply: dict[str, Any]) -> bytes:
    body: str = reply.get("body", "")
    return base64.b64decode(body) if reply.get("isBase64Encoded") else body.encode()
