"""Problem documents on their way out: their schema, and the handlers that write them."""

from __future__ import annotations

import json
import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import PROBLEM_JSON, TABLE, MethodNotAllowed, RouteNotFound, problem, row_for
from inference.errors import BadRequest, CallerError, MicrolensError

log = logging.getLogger(__name__)

_RETRY_SECONDS = "5"


class Problem(BaseModel):
    """An error, as RFC 9457 says it."""

    type: str = Field(examples=["urn:microlens:error:bad_image"])
    title: str
    status: int
    detail: str = Field(description="the thing, the value, the limit and what to do")
    code: str = Field(examples=["bad_image"])


def problem_response(exc: BaseException) -> Response:
    """The response for whatever was raised; what lies with the service is logged."""
    row = row_for(exc)
    if row.status >= 500:
        expected = isinstance(exc, MicrolensError)
        log.error("request failed: %s", exc, exc_info=None if expected else exc)
    headers = {"retry-after": _RETRY_SECONDS} if row.status == 503 else None
    body = json.dumps(problem(exc), ensure_ascii=False).encode(errors="replace")
    return Response(body, row.status, headers, PROBLEM_JSON)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: what may go wrong, by status."""
    return {
        status: {
            "description": " / ".join(row.title for row in TABLE.values() if row.status == status),
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document, whatever raised it."""
    app.exception_handler(MicrolensError)(_ours)
    app.exception_handler(RequestValidationError)(_invalid_query)
    app.exception_handler(HTTPException)(_http)
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
