"""Answers that a client may already have: an entity tag out, `If-None-Match` in, perhaps 304."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from fastapi import Request, Response


def entity_tag(content: bytes) -> str:
    """The tag of a content: equal bytes, equal tags."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def conditional(
    request: Request,
    content: bytes,
    media_type: str,
    tag: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """`content` under `tag`, or 304 without it for a client that names that tag.

    The client asks each time before it uses what it has, unless `headers` say otherwise.
    """
    headers = {"cache-control": "no-cache", **(headers or {}), "etag": tag}
    if _names(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)


def _names(header: str, tag: str) -> bool:
    """Whether the header names the tag; weak tags are compared as RFC 9110 has it for GET."""
    named = {each.strip().removeprefix("W/") for each in header.split(",")}
    return tag in named or "*" in named
