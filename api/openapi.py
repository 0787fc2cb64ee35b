"""What the service says of itself at `/openapi.json`; `docs/openapi.json` is the same, kept.

The routes say what is theirs: parameters, answers, the statuses of what may go wrong. What holds
for all of them is added here, from the tables that the service itself works by: each error with
an example of each code, the headers that come with it, the bodies and their limits. It is made
when somebody asks for it, and imported no earlier.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import PROBLEM_JSON, TABLE, MethodNotAllowed, RouteNotFound, Row, document
from api.examples import ANSWER, ANSWERS
from api.gates.tokens import OPEN
from api.receive import BODIES
from inference.pictures.formats import FORMATS
from inference.settings import Settings

_ABOUT = """\
Pictures in, labels out; uploaded, or named by their address in S3.

Every error is [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) `application/problem+json`, with a
`code` that programs can tell apart and a `detail` for people. A path that does not exist answers
`not_found`, a method that a path does not take `method_not_allowed` with `Allow`. `HEAD` is
answered wherever `GET` is, `OPTIONS` everywhere. Nothing is fetched but objects in S3, and those
only from the buckets that whoever runs the service has named.
"""
_TAGS = [
    {"name": "classify", "description": "Pictures in, labels out; large ones by way of S3."},
    {"name": "model", "description": "What is served, and whether it is."},
]
# An operation's own path and method exist.
_OF_NO_OPERATION = {TABLE[RouteNotFound].code, TABLE[MethodNotAllowed].code}
_RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds after which asking again may help.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }
}
_LOCATION = {
    "Location": {
        "description": "Where what was made is found, below this service's address.",
        "required": True,
        "schema": {"type": "string"},
    }
}
_ENTITY_TAG = {
    "ETag": {
        "description": "Changes with the answer; send it as `If-None-Match` to be told so.",
        "required": True,
        "schema": {"type": "string"},
    }
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of an answer that you have: 304 if it still holds.",
    "schema": {"type": "string"},
}
_CHALLENGE = {
    "WWW-Authenticate": {
        "description": "How a token is sent, and whether the one that came is wrong.",
        "required": True,
        "schema": {"type": "string"},
    }
}
_HEADERS = {
    "201": _LOCATION,
    "202": _RETRY_AFTER,
    "304": _ENTITY_TAG,
    "401": _CHALLENGE,
    "503": _RETRY_AFTER,
}


def describe(app: FastAPI, settings: Settings) -> dict[str, Any]:
    """The OpenAPI document of `app` as `settings` let it be; of the same values always the same."""
    described = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=_ABOUT,
        contact={"name": "whoever runs this service"},
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        tags=_TAGS,
        # As seen from this document, so that it holds behind a gateway's stage as well.
        servers=[{"url": "./", "description": "where this document lies"}],
        routes=app.routes,
        separate_input_output_schemas=app.separate_input_output_schemas,
    )
    if settings.tokens:
        _ask_for_tokens(described)
    for operation in _operations(described):
        _complete(operation)
    _describe_classify(described["paths"]["/classify"]["post"], settings)
    # FastAPI's shapes of an error, which nobody gets here.
    for name in ("HTTPValidationError", "ValidationError"):
        described["components"]["schemas"].pop(name, None)
    return described


def _ask_for_tokens(described: dict[str, Any]) -> None:
    """Every operation wants one but those that are open."""
    scheme = {"type": "http", "scheme": "bearer", "description": "what `microlens token` made"}
    described["components"]["securitySchemes"] = {"token": scheme}
    described["security"] = [{"token": []}]
    for path, operations in described["paths"].items():
        for operation in operations.values():
            if path in OPEN:
                operation["security"] = []
            else:
                operation["responses"]["401"] = {}


def _operations(described: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in described["paths"].values():
        yield from path.values()


def _complete(operation: dict[str, Any]) -> None:
    """Every operation may fail through a fault of ours; what may go wrong is told by the table."""
    answers = operation["responses"]
    if answers.get("422", {}).get("description") == "Validation Error":
        # What FastAPI believes that it does with a wrong parameter; `api.problems` answers 400,
        # which a route says that has parameters that can be wrong.
        del answers["422"]
    if answers.get("200", {}).get("description") == "Successful Response":
        answers["200"]["description"] = operation["summary"]
    answers.setdefault("500", {})
    for status, answer in answers.items():
        # A route that has more to say than the table has said it.
        if int(status) >= 400 and not answer.get("content", {}).get(PROBLEM_JSON):
            answer.update(_failure(_rows(int(status))))
        if status in _HEADERS:
            answer["headers"] = _HEADERS[status]
    if "304" in answers:
        answers["200"]["headers"] = _ENTITY_TAG
        operation.setdefault("parameters", []).append(_IF_NONE_MATCH)
    operation["responses"] = dict(sorted(answers.items()))


def _rows(status: int) -> list[Row]:
    """The rows of the table with this status that an operation can answer with, one per code."""
    rows = {row.code: row for row in reversed(TABLE.values()) if row.status == status}
    return [row for code, row in rows.items() if code not in _OF_NO_OPERATION]


def _failure(rows: list[Row]) -> dict[str, Any]:
    """The description of an answer that says what is wrong, with an example of each code."""
    return {
        "description": "; ".join(f"`{row.code}`: {row.title}" for row in rows),
        "content": {
            PROBLEM_JSON: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {row.code: {"value": _example(row)} for row in rows},
            }
        },
    }


def _example(row: Row) -> dict[str, object]:
    return document(row, row.detail or row.example)


def _describe_classify(operation: dict[str, Any], settings: Settings) -> None:
    """The bodies with their limits, and what an answer looks like."""
    content: dict[str, Any] = {}
    for body in BODIES:
        content |= body.describe(settings.max_pictures)
    operation["description"] += (
        " A parameter that is not known, or is there twice, is refused: it would be ignored."
    )
    operation["requestBody"] = {
        "required": True,
        "description": (
            "One picture or several, sent or named by their S3 address: at most "
            f"{settings.max_pictures:,} pictures and {settings.max_body_bytes:,} bytes in a body, "
            f"{settings.max_image_bytes:,} bytes and {settings.max_pixels:,} pixels in a picture "
            f"(a JPEG up to {settings.max_draft_pixels:,} pixels). {', '.join(FORMATS)}; HEIC too "
            "where the service was installed with the extra `heif`."
        ),
        "content": content,
    }
    examples = {"one": {"value": ANSWER}, "several": {"value": ANSWERS}}
    operation["responses"]["200"] |= {
        "description": "The answer to one picture, or to several in the order sent."
    }
    operation["responses"]["200"]["content"]["application/json"]["examples"] = examples
