"""The protocols of other services: whoever has a client for one changes an address, no more.

Every file has the same two parts: `answer(request, state)` reads a request in the protocol's
words and answers in them, `refuse(refusal)` says in them what is wrong. The first of `PROTOCOLS`
whose address it is has the request, if the settings allow that protocol. A file is imported when
the first request for it comes, so a protocol that nobody speaks costs nothing at a start.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol, cast

from fastapi import Request, Response
from starlette._utils import get_route_path
from starlette.datastructures import Headers
from starlette.types import Scope

from api.errors import RouteNotFound
from api.state import State

AMAZON_JSON = "application/x-amz-json-1.1"


class ModelNotServed(RouteNotFound):
    """The request names a model, a version or a stage that is not the one served here."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a problem document says, and those of its headers that tell a client what to do."""

    status: int
    code: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Translator(Protocol):
    """The two parts of a protocol's file."""

    async def answer(self, request: Request, state: State) -> Response:
        """The answer in the protocol's words; raises what is wrong with the request."""

    def refuse(self, refusal: Refusal) -> Response:
        """The refusal in the protocol's words."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A protocol: the name of its file, which is what the settings call it, and its addresses.

    `methods(scope, path)` are the methods that it takes there; none where the path is not its.
    """

    name: str
    methods: Callable[[Scope, str], tuple[str, ...]]

    def translator(self) -> Translator:
        """The protocol's file, imported now if it was not before."""
        return cast("Translator", import_module(f"{__name__}.{self.name}"))


def _rekognition(scope: Scope, path: str) -> tuple[str, ...]:
    """One address, which is also that of the page; a header names the operation."""
    if path != "/" or scope["method"] != "POST":
        return ()
    return ("POST",) if _target(scope).startswith("RekognitionService.") else ()


def _hugging_face(scope: Scope, path: str) -> tuple[str, ...]:
    """The path of a model, or an address with no path at all, which others have too."""
    if path.startswith(("/models/", "/hf-inference/models/")):
        return ("POST",)
    return ("POST",) if path == "/" and scope["method"] == "POST" and not _target(scope) else ()


def _open_inference(_scope: Scope, path: str) -> tuple[str, ...]:
    if path == "/v2" or path.startswith("/v2/"):
        return ("POST",) if path.endswith("/infer") else ("GET",)
    return ()


def _tensorflow_serving(_scope: Scope, path: str) -> tuple[str, ...]:
    if path.startswith("/v1/models/"):
        return ("POST",) if ":" in path else ("GET",)
    return ()


def _target(scope: Scope) -> str:
    """The operation of an AWS service that the request names, if any."""
    return Headers(scope=scope).get("x-amz-target", "")


PROTOCOLS: tuple[Spoken, ...] = (
    Spoken("rekognition", _rekognition),
    Spoken("hugging_face", _hugging_face),
    Spoken("open_inference", _open_inference),
    Spoken("tensorflow_serving", _tensorflow_serving),
)


def path_of(scope: Scope) -> str:
    """The path that is asked for, without that of a gateway in front of us."""
    return get_route_path(scope) or "/"


def error_response(refusal: Refusal) -> Response:
    """`{"error": "…"}`, as three of the protocols say it.

    What cannot be read is 400 in all of them. To 422, Hugging Face's client even adds that the
    model may not be made for the task.
    """
    status = 400 if refusal.status in (415, 422) else refusal.status
    return json_response({"error": refusal.detail}, status, refusal.headers)


def json_response(
    document: object,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> Response:
    """`document` as JSON, in UTF-8."""
    body = json.dumps(document, ensure_ascii=False).encode(errors="replace")
    return Response(body, status, dict(headers or {}), media_type)
