"""What holds for whatever the service says, in an answer or in its log, in every test there is.

`tests/servers/uvicorn.py` watches every service that a test runs: `tests/conftest.py` lets
`check` see each answer of one, and its log is looked through when it has ended.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from api.errors import PROBLEM_JSON, TABLE

PROJECT = str(Path(__file__).parents[1])
CODES = {row.code: row.status for row in TABLE.values()}

_SIGNATURE = re.compile(r"X-Amz-(?:Signature|Credential|Security-Token)=[^&\s]{8}", re.IGNORECASE)
_KEY = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")
_INSIDE = re.compile(r"Traceback \(most recent call last\)|\.py\\?\", line \d+|/site-packages/")
# Their errors are shaped as their own clients expect; see api/protocols/.
_PROTOCOLS = re.compile(r"/(?:v1/models|v2|models/|hf-inference/|$)")
# Forms for S3 carry a signature: it is what was asked for.
_FORMS = "/uploads"

_watched: dict[str, Collection[str]] = {}
"""Address of a running service → secrets of its environment."""


@contextmanager
def watching(url: str, secrets: Collection[str], log: Callable[[], str]) -> Iterator[None]:
    """Check every answer of the service at `url` while the block lasts, and its log at the end.

    Raises AssertionError.
    """
    _watched[url] = secrets
    try:
        yield
    finally:
        del _watched[url]
    wrong = list(wrong_with_log(log(), secrets))
    assert not wrong, wrong


def check(response: httpx.Response) -> None:
    """AssertionError when an answer of a watched service says what it must not."""
    url = response.request.url
    secrets = _watched.get(f"{url.scheme}://{url.netloc.decode()}")
    if secrets is not None:
        wrong = list(wrong_with_response(response, secrets))
        assert not wrong, wrong


def wrong_with_response(response: httpx.Response, secrets: Collection[str]) -> Iterator[str]:
    """What must not be in an answer of ours, in words; nothing when all is well."""
    text, path = response.text, response.request.url.path
    where = f"{response.request.method} {path} answered {response.status_code}"
    if path != _FORMS:
        yield from (f"{where} with {what}" for what in _secrets(text, secrets))
    if found := _INSIDE.search(text):
        yield f"{where} with the inside of a program: {found[0]}"
    if PROJECT in text:
        yield f"{where} with a path of this machine"
    document = None
    if "json" in response.headers.get("content-type", "") and text:
        try:
            document = json.loads(text, parse_constant=_refuse)
        except ValueError as exc:
            yield f"{where} with JSON that is none: {exc}"
    if response.status_code >= 400 and text and not _PROTOCOLS.match(path):
        yield from (f"{where}: {what}" for what in _wrong_with_problem(response, document))


def wrong_with_log(log: str, secrets: Collection[str]) -> Iterator[str]:
    """What must not be in a log; a traceback is there only after a bug."""
    for line in log.splitlines():
        yield from (f"{what} in the log line {line[:200]!r}" for what in _secrets(line, secrets))
        if found := _INSIDE.search(line):
            yield f"{found[0]} in the log: {line[:200]!r}"


def _wrong_with_problem(response: httpx.Response, document: object) -> Iterator[str]:
    if response.headers.get("content-type") != PROBLEM_JSON or not isinstance(document, dict):
        yield f"an error that is no problem document: {response.text[:200]!r}"
        return
    code = document.get("code")
    if code not in CODES:
        yield f"the code {code!r}, which api/errors.py does not have"
    elif document.get("status") != response.status_code or CODES[code] != response.status_code:
        yield f"the code {code!r} with status {document.get('status')}"


def _secrets(text: str, secrets: Collection[str]) -> Iterator[str]:
    # A secret is never said, so that this message is no leak either.
    if any(secret in text for secret in secrets if secret):
        yield "a secret of the environment"
    if _SIGNATURE.search(text):
        yield "a signature"
    if _KEY.search(text):
        yield "an access key"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
