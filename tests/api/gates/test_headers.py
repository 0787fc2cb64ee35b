"""Every answer tells browsers what not to do with it, whoever wrote it."""

from __future__ import annotations

import httpx
import pytest

from api.gates.headers import HEADERS

ANSWERS = [
    ("GET", "/livez"),
    ("GET", "/model"),
    ("GET", "/model/labels"),
    ("GET", "/openapi.json"),
    ("GET", "/nowhere"),
    ("PUT", "/classify"),
    ("POST", "/classify"),
    ("OPTIONS", "/classify"),
    ("HEAD", "/"),
    ("GET", "/"),
    ("GET", "/docs"),
    ("GET", "/sample.png"),
    ("POST", "/v2/models/nobody/infer"),
]


@pytest.mark.parametrize(("method", "path"), ANSWERS)
def test_every_answer_has_every_header_once(service: httpx.Client, method: str, path: str) -> None:
    reply = service.request(method, path)

    for name, _ in HEADERS:
        assert len(reply.headers.get_list(name.decode())) == 1, name
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]


def test_answers_are_not_kept_and_what_may_be_kept_says_so(service: httpx.Client) -> None:
    said = {path: service.get(path).headers["cache-control"] for path in ("/model", "/sample.png")}
    assert said == {"/model": "no-store", "/sample.png": "public, max-age=86400"}
