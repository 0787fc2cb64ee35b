"""JSON bodies, parsed within a bound: a few bytes of text can become many of Python objects."""

from __future__ import annotations

from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json

from api.receive import read_body
from inference.errors import BadRequest
from inference.settings import Settings

MAX_VALUES = 2_000_000
"""Numbers, texts and lists in one document: at most some 75 MB, and half a second of one core."""

MAX_OBJECTS = 10_000
"""Objects in one document; each takes three times the memory of a list."""

_PLAIN = {"", "identity"}


class Words(BaseModel):
    """What a document may say; what it says besides is passed over.

    A list of anything but `Any` says `FailFast()`: pydantic keeps a kilobyte for each fault.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


W = TypeVar("W", bound=Words)


async def read_whole(request: Request, settings: Settings) -> bytes:
    """The body of a request, within its limit; raises `BadRequest` when it is compressed."""
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding not in _PLAIN:
        raise BadRequest(f"bodies in the encoding {encoding[:40]!r} are not read; send it plain")
    return await read_body(request, settings)


def parse_object(body: bytes) -> dict[str, object]:
    """The JSON object in `body`.

    Raises `BadRequest` when it is none, and before parsing when it would take much memory.
    """
    values = body.count(b",") + body.count(b"[") + body.count(b"{")
    if values > MAX_VALUES or body.count(b"{") > MAX_OBJECTS:
        raise BadRequest(
            f"the JSON holds about {values:,} values; at most {MAX_VALUES:,} are read, "
            f"{MAX_OBJECTS:,} of them objects: send fewer pictures at a time, or pictures as "
            "base64 of their files instead of lists of numbers"
        )
    try:
        document = from_json(body, allow_inf_nan=False)
    except ValueError as exc:
        raise BadRequest(f"the body is not JSON: {exc}") from exc
    if not isinstance(document, dict):
        raise BadRequest(f"the body is not a JSON object: it begins with {body[:20]!r}")
    return document


def parse_as(kind: type[W], body: bytes) -> W:
    """The JSON object in `body`, which says what `kind` may say; raises `BadRequest`."""
    try:
        return kind.model_validate(parse_object(body))
    except ValidationError as exc:
        fault = exc.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, fault["loc"])) or "the body"
        raise BadRequest(f"{place[:80]}: {fault['msg'][:200]}") from exc
