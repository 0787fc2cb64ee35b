"""Problem documents on their way out: their schema, and the handlers that write them."""

from __future__ import annotations

import json
import logging
from math import ceil
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import (
    PROBLEM_JSON,
    Busy,
    MethodNotAllowed,
    RouteNotFound,
    Unauthorized,
    problem,
    row_for,
)
from api.methods import Methods, allowed
from api.telemetry.note import current
from inference.errors import BadRequest, CallerError, MicrolensError, OperatorError

log = logging.getLogger(__name__)

# What Retry-After says where nobody knows better, and the most that it says.
_RETRY_SECONDS = 5
_LONGEST_RETRY_SECONDS = 300

# RFC 6750: whether another token would help.
_CHALLENGE = 'Bearer realm="microlens"'
_REJECTION = f'{_CHALLENGE}, error="invalid_token"'


class Problem(BaseModel):
    """An error, as RFC 9457 says it."""

    type: str = Field(examples=["urn:microlens:error:bad_image"])
    title: str
    status: int
    detail: str = Field(description="the thing, the value, the limit and what to do")
    code: str = Field(examples=["bad_image"])


def reported(exc: BaseException) -> dict[str, object]:
    """The problem document for whatever was raised; what lies with the service is logged.

    Its caller is told nothing of that, so the line is all that whoever runs it has to go by.
    """
    if row_for(exc).status >= 500 and not isinstance(exc, Busy):
        expected = isinstance(exc, MicrolensError)
        log.error("not answered: %s", exc, exc_info=None if expected else exc)
    return problem(exc)


def problem_response(exc: BaseException) -> Response:
    """The response for whatever was raised, which is reported."""
    row = row_for(exc)
    if note := current():
        note.code = row.code
    headers = {}
    if row.status == 503:
        headers["retry-after"] = str(_retry_after(exc))
    if isinstance(exc, Unauthorized):
        headers["www-authenticate"] = _REJECTION if exc.is_wrong else _CHALLENGE
    body = json.dumps(reported(exc), ensure_ascii=False).encode(errors="replace")
    return Response(body, row.status, headers, PROBLEM_JSON)


def _retry_after(exc: BaseException) -> int:
    """Whole seconds after which asking again may help: never none, never many."""
    known = exc.retry_seconds if isinstance(exc, OperatorError) else None
    return min(max(ceil(_RETRY_SECONDS if known is None else known), 1), _LONGEST_RETRY_SECONDS)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What may go wrong, by status; `api.openapi` says the rest from the table."""
    return {status: {"description": "", "content": {PROBLEM_JSON: {}}} for status in statuses}


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document, whatever raised it."""
    app.exception_handler(MicrolensError)(_ours)
    app.exception_handler(RequestValidationError)(_invalid_query)
    app.exception_handler(HTTPException)(_http)
    app.add_middleware(Methods)
    app.add_middleware(LastResort)


async def _ours(_request: Request, exc: MicrolensError) -> Response:
    return problem_response(exc)


async def _invalid_query(_request: Request, exc: RequestValidationError) -> Response:
    """FastAPI's own checks: the parameter, its value, and what it may be."""
    faults = [
        f"{fault['loc'][-1]}={str(fault.get('input'))[:80]!r}: {fault['msg']}"
        for fault in exc.errors()
    ]
    return problem_response(BadRequest("; ".join(faults)))


async def _http(request: Request, exc: HTTPException) -> Response:
    """What Starlette raises itself: no such path, no such method."""
    where = f"{request.method} {request.url.path[:200]}"
    error: CallerError
    match exc.status_code:
        case 404:
            error = RouteNotFound(f"{where} is not served; see /docs for what is")
        case 405:
            error = MethodNotAllowed(f"{where} is not served; see /docs for what is")
        case _:
            error = BadRequest(str(exc.detail))
    response = problem_response(error)
    for name, value in (exc.headers or {}).items():
        response.headers[name] = value
    if exc.status_code == 405:
        # Starlette names the methods of the first route with that address, and no other's.
        response.headers["allow"] = allowed(request.scope)
    return response


class LastResort:
    """The outermost edge: a bug is logged with its traceback and told without it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; answer for it when it fails before it has begun to."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as exc:
            if started:
                raise
            await problem_response(exc)(scope, receive, send)
