"""Brings requests in other protocols to their files, and what is refused into their words.

What is wrong with such a request is raised and becomes a problem document, as everywhere else.
The outermost layer turns that document into the protocol's own, whatever part of the service
has refused the request.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from fastapi import FastAPI, HTTPException, Request
from starlette.datastructures import Headers
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import PROBLEM_JSON
from api.protocols import PROTOCOLS, Refusal, Spoken, path_of

_KEPT_HEADERS = ("allow", "retry-after", "www-authenticate")


def install(app: FastAPI, allowed: Collection[str]) -> None:
    """Let `app` speak the protocols that are `allowed`; called last, so that refusals pass here."""
    protocols = tuple(each for each in PROTOCOLS if each.name in allowed)
    if protocols:
        app.router.routes.append(_Route(protocols))
        app.add_middleware(_InTheirWords, protocols=protocols)


def _speaks(
    protocols: tuple[Spoken, ...], scope: Scope
) -> tuple[Spoken, tuple[str, ...]] | tuple[None, tuple[()]]:
    """The first protocol whose address it is, and the methods that it takes there."""
    path = path_of(scope)
    for each in protocols:
        if methods := each.methods(scope, path):
            return each, methods
    return None, ()


class _Route(BaseRoute):
    """The last of all routes: whatever is asked in one of the protocols."""

    def __init__(self, protocols: tuple[Spoken, ...]) -> None:
        self._protocols = protocols

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        spoken, methods = _speaks(self._protocols, scope)
        if spoken is None:
            return Match.NONE, {}
        match = Match.FULL if scope["method"] in methods else Match.PARTIAL
        return match, {"protocol": spoken.name}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        spoken, methods = _speaks(self._protocols, scope)
        if spoken is None or scope["method"] not in methods:
            raise HTTPException(405)
        request = Request(scope, receive, send)
        response = await spoken.translator().answer(request, request.app.state.microlens)
        await response(scope, receive, send)


class _InTheirWords:
    """Turns the problem documents of requests in other protocols into those protocols' own."""

    def __init__(self, app: ASGIApp, protocols: tuple[Spoken, ...]) -> None:
        self._app = app
        self._protocols = protocols

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; all other requests, and answers without a body, pass untouched."""
        spoken = _speaks(self._protocols, scope)[0] if scope["type"] == "http" else None
        if spoken is None or scope["method"] == "HEAD":
            await self._app(scope, receive, send)
            return
        problem = _Problem()

        async def watched(message: Message) -> None:
            if not problem.keeps(message):
                await send(message)

        await self._app(scope, receive, watched)
        if refusal := problem.refusal():
            await spoken.translator().refuse(refusal)(scope, receive, send)


class _Problem:
    """Keeps the messages of a response if they are a problem document."""

    def __init__(self) -> None:
        self._headers = Headers()
        self._body: bytes | None = None

    def keeps(self, message: Message) -> bool:
        """Whether the message is part of a problem document; else it is to be sent."""
        if message["type"] == "http.response.start":
            self._headers = Headers(raw=message["headers"])
            is_problem = self._headers.get("content-type") == PROBLEM_JSON
            self._body = b"" if is_problem else None
        elif self._body is not None:
            self._body += message.get("body", b"")
        return self._body is not None

    def refusal(self) -> Refusal | None:
        """What the document says, if there was one."""
        if self._body is None:
            return None
        said = json.loads(self._body)
        kept = {name: self._headers[name] for name in _KEPT_HEADERS if name in self._headers}
        return Refusal(said["status"], said["code"], said["detail"], kept)
