"""What must not be in an answer, over HTTP or from a Lambda function to its gateway."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from api.errors import PROBLEM_JSON, TABLE
from tests.invariants.forbidden import inside_of, parsed, paths_in, secrets_in, signatures_in

STATUSES = {row.code: row.status for row in TABLE.values()}
RETRY_SECONDS = range(1, 301)

_TEXT = re.compile(r"text/|application/[\w.+-]*(?:json|javascript)|$")
# Their errors are shaped as their own clients expect; see api/protocols/.
_PROTOCOLS = re.compile(r"/(?:v1/|v2|models/|hf-inference/|$)")
# A form for S3 carries a signature: it is what was asked for.
_FORM = (201, "uploads")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked and what came back; names of headers are small, no text has no body."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: str

    @classmethod
    def over_http(cls, response: httpx.Response) -> Answer:
        """What a client of httpx got."""
        request, headers = response.request, dict(response.headers)
        body = response.text if _TEXT.match(headers.get("content-type", "")) else ""
        return cls(request.method, request.url.path, response.status_code, headers, body)

    @classmethod
    def through_gateway(cls, event: Mapping[str, Any], reply: Mapping[str, Any]) -> Answer:
        """What a function returned to the gateway that sent `event`."""
        told = {name: values[-1] for name, values in reply.get("multiValueHeaders", {}).items()}
        headers = {name.lower(): value for name, value in {**told, **reply["headers"]}.items()}
        body: str = reply["body"]
        if reply.get("isBase64Encoded"):
            is_text = _TEXT.match(headers.get("content-type", ""))
            body = base64.b64decode(body).decode("utf-8", "replace") if is_text else ""
        path = event.get("rawPath") or event.get("path") or ""
        method = event.get("httpMethod") or event["requestContext"]["http"]["method"]
        return cls(method, path, reply["statusCode"], headers, body)

    def __str__(self) -> str:
        """Which one it is, and nothing of what it says."""
        return f"{self.method} {self.path[:80]} answered {self.status}"


def wrong_with(answer: Answer) -> Iterator[str]:
    """What is wrong with an answer of ours, in words; nothing when all is well."""
    yield from (f"{answer} with {what}" for what in _told(answer))
    document = None
    if "json" in answer.headers.get("content-type", "") and answer.body:
        try:
            document = parsed(answer.body)
        except ValueError as exc:
            yield f"{answer} with JSON that is none: {exc}"
            return
    if answer.status >= 400 and answer.method != "HEAD":
        yield from (f"{answer}: {what}" for what in _wrong_with_error(answer, document))
    if answer.status == 401 and not answer.headers.get("www-authenticate", "").startswith("Bearer"):
        yield f"{answer} without a challenge"
    if answer.status == 503 and int(answer.headers.get("retry-after", 0)) not in RETRY_SECONDS:
        yield f"{answer} without saying when to try again"


def wrong_with_reply(event: object, reply: object) -> Iterator[str]:
    """What is wrong with what a Lambda function returned, to a gateway or to anybody else.

    What it raised comes with AWS's own account of it, which goes to whoever may invoke functions.
    """
    if isinstance(event, dict) and isinstance(reply, dict) and "statusCode" in reply:
        yield from wrong_with(Answer.through_gateway(event, reply))
        return
    said = json.dumps(reply)
    yield from (f"a function returned {what}" for what in (*secrets_in(said), *signatures_in(said)))
    if not (isinstance(reply, dict) and "errorType" in reply):
        yield from (f"a function returned {what}" for what in (*inside_of(said), *paths_in(said)))


def _told(answer: Answer) -> Iterator[str]:
    yield from secrets_in(answer.body)
    if (answer.status, answer.path.rpartition("/")[2]) != _FORM:
        yield from signatures_in(answer.body)
    yield from inside_of(answer.body)
    yield from paths_in(answer.body)


def _wrong_with_error(answer: Answer, document: Any) -> Iterator[str]:
    if answer.headers.get("content-type") != PROBLEM_JSON:
        # `ready` is the whole answer of the Open Inference Protocol's probes.
        known = isinstance(document, dict) and document.keys() & {"error", "__type", "ready"}
        if not (_PROTOCOLS.match(answer.path) and known):
            yield f"an error that is no problem document: {answer.body[:200]!r}"
        return
    if not isinstance(document, dict):
        yield f"a problem that is no object: {answer.body[:200]!r}"
        return
    code = document.get("code")
    if document.keys() != {"type", "title", "status", "detail", "code"} or not document["detail"]:
        yield f"a problem with the members {sorted(document)}"
    elif code not in STATUSES:
        yield f"the code {code!r}, which api/errors.py does not have"
    elif not document["status"] == STATUSES[code] == answer.status:
        yield f"the code {code!r} with status {document['status']}"
