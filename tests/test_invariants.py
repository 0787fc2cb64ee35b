"""What `tests.invariants` looks for in every answer and every log, it finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.errors import PROBLEM_JSON, problem
from inference.errors import BadImage
from tests.api import events
from tests.invariants import answers, forbidden, logs
from tests.invariants.answers import Answer
from tests.servers.emulator import emulator
from tests.servers.uvicorn import uvicorn

SECRET = "a-secret-of-forty-characters"
JSON = "application/json"
SIGNED = "?X-Amz-Signature=0123456789"


@pytest.fixture(autouse=True)
def _planted() -> Iterator[None]:
    forbidden.keep_secret(SECRET)
    yield
    forbidden.SECRETS.discard(SECRET)


def answer(
    status: int, content: object, kind: str = JSON, path: str = "/classify", **headers: str
) -> Answer:
    """An answer of a service, with `content` as JSON or as it is."""
    request = httpx.Request("POST", f"http://127.0.0.1:1{path}")
    said = {"content-type": kind, **{name.replace("_", "-"): headers[name] for name in headers}}
    given: dict[str, Any] = {"content" if isinstance(content, bytes) else "json": content}
    return Answer.over_http(httpx.Response(status, headers=said, request=request, **given))


BUSY = {
    "type": "urn:microlens:error:busy",
    "title": "t",
    "status": 503,
    "detail": "d",
    "code": "busy",
}
DAMAGED = problem(BadImage("it is damaged"))
GOOD = {
    "an answer": answer(200, {"predictions": []}),
    "a problem": answer(422, DAMAGED, PROBLEM_JSON),
    "a page": answer(200, b"<html>", "text/html"),
    "a picture": answer(200, b"/tmp/", "image/png"),
    "an error of another service's protocol": answer(404, {"error": "x"}, path="/v2/models/x"),
    "a form for S3": answer(201, {"url": SIGNED}, path="/uploads"),
    "busy": answer(503, BUSY, PROBLEM_JSON, retry_after="1"),
    "no token": answer(401, {"error": "e"}, path="/v2", www_authenticate="Bearer"),
}
BAD = {
    "a secret": (answer(200, {"x": SECRET}), "a secret"),
    "a signature": (answer(200, {"x": SIGNED}), "a signature"),
    "an access key": (answer(200, {"x": "AKIAIOSFODNN7EXAMPLE"}), "an access key"),
    "a traceback": (answer(200, {"x": "Traceback (most recent call last):"}), "inside"),
    "a line of source": (answer(200, {"x": 'File "x.py", line 3'}), "inside"),
    "a path of the source": (answer(200, {"x": f"{forbidden.PROJECT}/models"}), "path"),
    "a path": (answer(200, {"x": "no such file: /tmp/model.tflite"}), "path"),
    "not a number": (answer(200, b'{"score": NaN}'), "NaN"),
    "half of a document": (answer(200, b'{"score": '), "JSON that is none"),
    "an error in plain text": (answer(500, b"Internal Server Error", "text/plain"), "no problem"),
    "an error of FastAPI": (answer(404, {"detail": "Not Found"}), "no problem"),
    "a problem without its members": (answer(422, {"code": "bad_image"}, PROBLEM_JSON), "members"),
    "a code of nobody": (answer(422, {**DAMAGED, "code": "oops"}, PROBLEM_JSON), "'oops'"),
    "a code of another status": (answer(500, DAMAGED, PROBLEM_JSON), "status 422"),
    "no word of when": (answer(503, BUSY, PROBLEM_JSON), "when to try again"),
    "no challenge": (answer(401, {"error": "e"}, path="/v2"), "challenge"),
}


@pytest.mark.parametrize("said", GOOD.values(), ids=GOOD.keys())
def test_nothing_is_wrong_with_what_the_service_says(said: Answer) -> None:
    assert list(answers.wrong_with(said)) == []


@pytest.mark.parametrize(("said", "word"), BAD.values(), ids=BAD.keys())
def test_what_must_not_be_said_is_found_and_not_repeated(said: Answer, word: str) -> None:
    (wrong,) = answers.wrong_with(said)
    assert word in wrong
    assert SECRET not in wrong


HTTP_EVENT = {"rawPath": "/classify", "requestContext": {"http": {"method": "POST"}}}
REPLIES: dict[str, tuple[object, object, str]] = {
    "to a gateway": (
        HTTP_EVENT,
        {"statusCode": 500, "headers": {"content-type": "text/plain"}, "body": "oops"},
        "no problem document",
    ),
    "to a gateway, in base64": (
        HTTP_EVENT,
        {
            "statusCode": 200,
            "headers": {},
            "multiValueHeaders": {"content-type": [JSON]},
            "body": "eyJ4IjogIi90bXAveCJ9",
            "isBase64Encoded": True,
        },
        "a path",
    ),
    "to a queue": ({"Records": []}, {"batchItemFailures": ["/root/x"]}, "a path"),
    "of an error": ({}, {"errorType": "E", "errorMessage": SIGNED}, "a signature"),
}


@pytest.mark.parametrize(("event", "reply", "word"), REPLIES.values(), ids=REPLIES.keys())
def test_what_a_function_must_not_return_is_found(event: object, reply: object, word: str) -> None:
    (wrong,) = answers.wrong_with_reply(event, reply)
    assert word in wrong


RAISED = """[ERROR] SourceUnavailable: S3 did not answer
Traceback (most recent call last):
\u00a0\u00a0File "/somewhere/api/event_handler.py", line 30, in handler
\u00a0\u00a0\u00a0\u00a0return _ingest.handle(event)
INIT_REPORT Init Duration: 2 ms
"""
FOUND = {
    "a secret": (SECRET, "a secret"),
    "a traceback": ("Traceback (most recent call last):", "inside"),
    "a traceback of ours on Lambda": (
        RAISED.replace("[ERROR] ", "[ERROR]\t2026-01-01T00:00:00Z\tid\t"),
        "inside",
    ),
    "an access key": ("AKIA" + "B" * 16, "an access key"),
    "what is signed": ("DEBUG botocore.auth: StringToSign:", "a signature"),
    "a token": ("authorization: Bearer microlens_abcdefgh", "a token"),
    "an address that is signed": (f"GET https://b.s3.amazonaws.com/k{SIGNED}", "a signature"),
    "a path of the source": (f"WARNING cannot read {forbidden.PROJECT}/api/app.py", "the source"),
    "a path of the source in JSON": (
        f'{{"message": "cannot read {forbidden.PROJECT}/api/app.py"}}',
        "the source",
    ),
    "a path of a caller": ('{"message": "m", "request": {"route": "/tmp/x"}}', "a path"),
    "a query": ('{"message": "GET /model?token=1 200", "request": {"route": "/model"}}', "a query"),
    "not a number": ('{"message": "m", "request": {"ms": NaN}}', "NaN"),
}


@pytest.mark.parametrize(("line", "word"), FOUND.values(), ids=FOUND.keys())
def test_what_must_not_be_logged_is_found_and_no_secret_repeated(line: str, word: str) -> None:
    found = list(logs.wrong_with(f"INFO started\n{line}\nINFO ended\n"))
    assert found
    assert word in found[0]
    assert SECRET not in "".join(found)


def test_a_log_says_which_model_is_served_who_asked_and_what_aws_says_of_a_failure() -> None:
    log = (
        f"INFO no model is loaded; {forbidden.PROJECT}/models/x: it is damaged\n"
        '{"message": "GET /model 200", "request": {"route": "/model"}}\n'
        '{"errorType": "E", "errorMessage": "m", "stackTrace": ["File \\"x.py\\", line 3"]}\n'
    )
    assert list(logs.wrong_with(log + RAISED)) == []


def test_an_answer_with_a_secret_fails_the_test_at_the_request_that_got_it() -> None:
    with uvicorn() as service, emulator("api.http_handler.handler") as function:
        event = events.get("/model")
        assert function.invoke(event)["statusCode"] == 200
        forbidden.keep_secret("imagenet-lite0")
        try:
            with pytest.raises(AssertionError, match="a secret of the environment"):
                httpx.get(f"{service.url}/model", trust_env=False)
            with pytest.raises(AssertionError, match="a secret of the environment"):
                function.invoke(event)
        finally:
            forbidden.SECRETS.discard("imagenet-lite0")


def test_a_log_with_a_secret_fails_the_test_whose_service_wrote_it() -> None:
    try:
        with (
            pytest.raises(AssertionError, match="a secret of the environment in the log"),
            uvicorn(),
        ):
            forbidden.keep_secret("imagenet-lite0")  # the log has said which model was loaded
    finally:
        forbidden.SECRETS.discard("imagenet-lite0")
