"""The rules for every answer and log line would find what they are there to find."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.invariants import SECRETS, check_answer, check_log

PROBLEM = {
    "type": "urn:microlens:error:busy",
    "title": "t",
    "status": 503,
    "detail": "d",
    "code": "busy",
}
HEADERS = {"content-type": "application/problem+json", "retry-after": "1"}


def problem(**changed: Any) -> str:
    return json.dumps(PROBLEM | changed)


def test_a_good_answer_and_a_good_log_pass() -> None:
    check_answer("POST", "/classify", 503, HEADERS, problem())
    check_answer("POST", "/v1/models/a:predict", 503, {"retry-after": "1"} | JSON, '{"error": "e"}')
    check_answer("POST", "/uploads", 201, JSON, '{"fields": {"x-amz-signature": "00"}}')
    check_log('{"message": "GET /model 200", "request": {"route": "/model"}}\nplain text\n')


JSON = {"content-type": "application/json"}
BAD: dict[str, tuple[str, int, dict[str, str], str]] = {
    "traceback": ("/classify", 503, HEADERS, problem(detail="Traceback (most recent call last)")),
    "path": ("/classify", 503, HEADERS, problem(detail="no such file: /tmp/model.tflite")),
    "signature": ("/classify", 200, JSON, '{"url": "https://b?X-Amz-Signature=00"}'),
    "NaN": ("/classify", 200, JSON, '{"score": NaN}'),
    "no problem": ("/classify", 404, JSON, '{"error": "gone"}'),
    "unknown code": ("/classify", 503, HEADERS, problem(code="tired")),
    "another status": ("/classify", 500, HEADERS, problem(status=500)),
    "no retry": ("/classify", 503, {"content-type": HEADERS["content-type"]}, problem()),
    "no challenge": ("/v2", 401, JSON, '{"error": "e"}'),
    "secret": ("/classify", 200, JSON, '{"label": "hunter2hunter2"}'),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD.keys())
def test_a_bad_answer_is_found(case: tuple[str, int, dict[str, str], str]) -> None:
    path, status, headers, body = case
    SECRETS.add("hunter2hunter2")
    try:
        with pytest.raises(AssertionError):
            check_answer("POST", path, status, headers, body)
    finally:
        SECRETS.discard("hunter2hunter2")


@pytest.mark.parametrize(
    "line",
    [
        "DEBUG botocore.auth: StringToSign:",
        "authorization: Bearer microlens_abcdefgh",
        "GET https://b.s3.amazonaws.com/k?X-Amz-Signature=00",
        '{"message": "POST /classify 200", "request": {"route": "/tmp/x"}}',
        '{"message": "GET /model?token=1 200", "request": {"route": "/model"}}',
        '{"message": "m", "request": {"ms": NaN}}',
    ],
)
def test_a_bad_log_line_is_found(line: str) -> None:
    with pytest.raises(AssertionError):
        check_log(f"a good line\n{line}\nanother\n")
