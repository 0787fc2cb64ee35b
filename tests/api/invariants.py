"""What the API's contract adds to `tests.invariants`, which holds for every uvicorn of the suite.

`watched` looks at each answer that a test's HTTP client gets from the service, also through the
emulator of Lambda, whatever the test is about: the shape of every error, protocols' own included,
the headers that go with a 401 and a 503, no token; and at the log of each service that ends: what
lines about requests may hold. What breaks a rule fails the test at the request that did it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.errors import PROBLEM_JSON, TABLE
from tests.servers.emulator import INVOKE
from tests.servers.process import Server

PROJECT = Path(__file__).parents[2]
STATUSES = {row.code: row.status for row in TABLE.values()}
SERVICES = {"uvicorn", "The Lambda emulator", "microlens"}
SECRETS: set[str] = set()
"""Values that must be nowhere; whoever makes one adds it."""

_SIGNED = re.compile(
    r"X-Amz-(?:Signature|Credential|Security-Token)|StringToSign|aws4_request", re.IGNORECASE
)
_INSIDE = re.compile(
    rf"Traceback \(most recent|site-packages|{re.escape(str(PROJECT))}|/tmp/|/root/|/home/"
)
_TOKEN = re.compile(r"Bearer (?!TOKEN\b)[\w.~+/=-]{8,}")
_PROTOCOLS = ("/v1/", "/v2", "/models/", "/hf-inference/")


def check_answer(
    method: str, path: str, status: int, headers: Mapping[str, str], body: str
) -> None:
    """Raise AssertionError for an answer that breaks a rule."""
    where = f"{method} {path[:80]} {status}"
    assert not _INSIDE.search(body), f"{where} tells of the inside: {body[:300]}"
    assert not [each for each in SECRETS if each in body], f"{where} tells a secret"
    if (status, path.partition("?")[0].rpartition("/")[2]) != (201, "uploads"):
        assert not _SIGNED.search(body), f"{where} tells a signature: {body[:300]}"
    is_json = "json" in headers.get("content-type", "")
    document = json.loads(body, parse_constant=_refuse) if is_json and body else None
    if status >= 400 and method != "HEAD":
        _check_error(method, path, status, headers, document)
    if status == 401:
        assert headers.get("www-authenticate", "").startswith("Bearer"), where
    if status == 503:
        assert 1 <= int(headers.get("retry-after", "0")) <= 300, where


def _check_error(
    method: str, path: str, status: int, headers: Mapping[str, str], document: Any
) -> None:
    where = f"{method} {path[:80]} {status}"
    if headers.get("content-type") == PROBLEM_JSON:
        assert document.keys() == {"type", "title", "status", "detail", "code"}, where
        assert (document["code"], status) in STATUSES.items(), f"{where}: {document}"
        assert document["status"] == status
        assert document["detail"]
        return
    speaks = path.startswith(_PROTOCOLS) or path.partition("?")[0] == "/"
    assert speaks, f"{where} is no problem document: {document}"
    # `ready` is the whole answer of the Open Inference Protocol's probes.
    assert document.keys() & {"error", "__type", "ready"}, f"{where}: {document}"


def check_log(log: str) -> None:
    """Raise AssertionError for a log with a line that breaks a rule."""
    assert not [each for each in SECRETS if each in log], "the log tells a secret"
    for pattern in (_SIGNED, _TOKEN):
        found = pattern.search(log)
        if found is not None:
            raise AssertionError(f"the log tells {log[max(0, found.start() - 200) : found.end()]}")
    for line in log.splitlines():
        if line.startswith('{"'):
            told = json.loads(line, parse_constant=_refuse)
            about = told.get("request") or told.get("picture") or {}
            assert not _INSIDE.search(json.dumps(about)), line
            assert "?" not in told.get("message", "") or "request" not in told, line


def _refuse(constant: str) -> Any:
    raise AssertionError(f"{constant} is no JSON")


def _check(response: httpx.Response) -> None:
    request = response.request
    if request.url.path == INVOKE:
        reply = response.json() if response.content.startswith(b"{") else {}
        if "statusCode" in reply and not reply.get("isBase64Encoded"):
            event = json.loads(request.content)
            path = event.get("rawPath") or event.get("path") or ""
            method = event.get("httpMethod") or event["requestContext"]["http"]["method"]
            headers = {**reply.get("headers", {})}
            for name, values in reply.get("multiValueHeaders", {}).items():
                headers[name] = values[-1]
            check_answer(method, path, reply["statusCode"], headers, reply["body"])
    elif "x-request-id" in response.headers:  # one of ours: S3 and others are not judged
        is_text = re.match(
            r"text/|application/[\w.+-]*json", response.headers.get("content-type", "")
        )
        path = response.request.url.path
        body = response.text if is_text else ""
        check_answer(request.method, path, response.status_code, response.headers, body)


@contextmanager
def watched() -> Iterator[None]:
    """Look at every answer and every log while the block lasts."""
    send, stop = httpx.Client.send, Server.stop

    def checked_send(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        response = send(self, request, **options)
        if not options.get("stream"):
            _check(response)
        return response

    def checked_stop(self: Server) -> None:
        stop(self)
        if self.name in SERVICES:
            check_log(self.log())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "send", checked_send)
        patch.setattr(Server, "stop", checked_stop)
        yield
