"""The outermost layer: each request gets an id, a line in the log, and is counted."""

from __future__ import annotations

import logging
import re
from secrets import token_hex
from time import perf_counter
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.telemetry.note import Note, begin
from inference.environment import trace_id
from inference.logs import REQUEST_ID
from inference.metrics import Counts

log = logging.getLogger(__name__)

HEADER = "x-request-id"

# What another may have called the request; anything else could be a line of its own in the log.
_GIVEN = re.compile(r"[A-Za-z0-9._:=-]{1,128}", re.ASCII)
_PROBES = frozenset({"/livez", "/readyz", "/metrics"})
_LONGEST_METHOD = 16


def install(app: FastAPI, counts: Counts, *, as_json: bool) -> None:
    """Tell of every request to `app`; called last, so that nothing escapes.

    What uvicorn says of its own start and end is written `as_json` too, if that is wanted.
    """
    app.add_middleware(Requests, counts=counts)
    # Theirs say less, and addresses as they came. uvicorn makes none where it finds no handler.
    for name in ("uvicorn.access", "mangum.http"):
        theirs = logging.getLogger(name)
        theirs.handlers.clear()
        theirs.propagate = False
        theirs.setLevel(logging.WARNING)
    if as_json:
        server = logging.getLogger("uvicorn")
        server.handlers.clear()
        server.propagate = True


class Requests:
    """Tells of each request when it has been answered, or given up."""

    def __init__(self, app: ASGIApp, counts: Counts) -> None:
        self._app = app
        self._counts = counts
        self._is_cold = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application under an id, which the answer has in `X-Request-Id`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = perf_counter()
        note = begin()
        request_id = _id(scope)
        REQUEST_ID.set(request_id)
        header = (HEADER.encode(), request_id.encode())
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], header]}
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            self._tell(scope, note, status, (perf_counter() - start) * 1e3)

    def _tell(self, scope: Scope, note: Note, status: int, total_ms: float) -> None:
        """Count the request and log its line; `status` is 0 when nobody waited for the answer."""
        is_cold, self._is_cold = self._is_cold, False
        counts, route = self._counts, _route(scope)
        counts.add("PicturesClassified", note.pictures)
        counts.add("PicturesRefused", note.refused)
        counts.add("PicturesFailed", note.broken)
        counts.add("ClassifyErrors", int(status >= 500))
        counts.add("ColdStart", int(is_cold))
        if route not in _PROBES:
            counts.took(total_ms)
        level = _level(status, note.code, route)
        if log.isEnabledFor(level):
            method = scope["method"][:_LONGEST_METHOD]
            line: dict[str, Any] = {"method": method, "route": route, "status": status}
            line |= note.members()
            line |= {"cold": is_cold, "ms": {**note.stages(), "total": round(total_ms, 2)}}
            if trace := trace_id():
                line["trace"] = trace
            log.log(level, "%s %s %s", method, route, status, extra={"request": line})


def _id(scope: Scope) -> str:
    """Lambda's id of the invocation; else what the caller or a gateway calls it; else a new one."""
    context = scope.get("aws.context")
    if found := getattr(context, "aws_request_id", None):
        return str(found)
    given = Headers(scope=scope).get(HEADER, "")
    return given if _GIVEN.fullmatch(given) else token_hex(16)


def _route(scope: Scope) -> str:
    """The route's own path, or the protocol's name: an address may hold an id, or anything."""
    route = scope.get("route")
    return getattr(route, "path", None) or scope.get("protocol") or "-"


def _level(status: int, code: str | None, route: str) -> int:
    if status >= 500:
        return logging.WARNING if code == "busy" else logging.ERROR
    return logging.DEBUG if route in _PROBES and status < 400 else logging.INFO
