"""What `tests.invariants` looks for in every answer and every log, it finds."""

from __future__ import annotations

import httpx
import pytest

from api.errors import PROBLEM_JSON, problem
from inference.errors import BadImage
from tests import invariants
from tests.servers.uvicorn import uvicorn

SECRET = "a-secret-of-forty-characters"


def answer(
    status: int, content: object, kind: str = "application/json", path: str = "/classify"
) -> httpx.Response:
    """An answer of a service, with `content` as JSON or as it is."""
    request = httpx.Request("POST", f"http://127.0.0.1:1{path}")
    headers = {"content-type": kind}
    if isinstance(content, bytes):
        return httpx.Response(status, headers=headers, content=content, request=request)
    return httpx.Response(status, headers=headers, json=content, request=request)


GOOD = {
    "an answer": answer(200, {"predictions": []}),
    "a problem": answer(422, problem(BadImage("it is damaged")), PROBLEM_JSON),
    "a page": answer(200, b"<html>", "text/html"),
    "an error of another service's protocol": answer(404, {"error": "x"}, path="/v2/models/x"),
    "a form for S3": answer(200, {"url": "?X-Amz-Signature=0123456789"}, path="/uploads"),
}
BAD = {
    "a secret": (answer(200, {"x": SECRET}), "a secret"),
    "a signature": (answer(200, {"x": "?X-Amz-Signature=0123456789"}), "a signature"),
    "an access key": (answer(200, {"x": "AKIAIOSFODNN7EXAMPLE"}), "an access key"),
    "a traceback": (answer(200, {"x": "Traceback (most recent call last):"}), "inside"),
    "a line of source": (answer(200, {"x": 'File "x.py", line 3'}), "inside"),
    "a path": (answer(200, {"x": f"{invariants.PROJECT}/models"}), "path"),
    "not a number": (answer(200, b'{"score": NaN}'), "NaN"),
    "half of a document": (answer(200, b'{"score": '), "JSON that is none"),
    "an error in plain text": (answer(500, b"Internal Server Error", "text/plain"), "no problem"),
    "an error of FastAPI": (answer(404, {"detail": "Not Found"}), "no problem"),
    "a code of nobody": (answer(400, {"code": "oops", "status": 400}, PROBLEM_JSON), "'oops'"),
    "a code of another status": (
        answer(500, problem(BadImage("it is damaged")), PROBLEM_JSON),
        "status 422",
    ),
}


@pytest.mark.parametrize("response", GOOD.values(), ids=GOOD.keys())
def test_nothing_is_wrong_with_what_the_service_says(response: httpx.Response) -> None:
    assert list(invariants.wrong_with_response(response, {SECRET})) == []


@pytest.mark.parametrize(("response", "word"), BAD.values(), ids=BAD.keys())
def test_what_must_not_be_said_is_found_and_not_repeated(
    response: httpx.Response, word: str
) -> None:
    (wrong,) = invariants.wrong_with_response(response, {SECRET})
    assert word in wrong
    assert SECRET not in wrong


@pytest.mark.parametrize("line", [SECRET, "Traceback (most recent call last):", "AKIA" + "B" * 16])
def test_what_must_not_be_logged_is_found(line: str) -> None:
    log = f"INFO started\n{line}\nINFO ended\n"
    assert len(list(invariants.wrong_with_log(log, {SECRET}))) == 1
    assert list(invariants.wrong_with_log("INFO started\n", {SECRET, ""})) == []


def test_every_answer_that_a_test_gets_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    with uvicorn() as service:
        monkeypatch.setattr(invariants, "PROJECT", "imagenet-lite0")
        with pytest.raises(AssertionError, match="a path of this machine"):
            httpx.get(f"{service.url}/model", trust_env=False)
