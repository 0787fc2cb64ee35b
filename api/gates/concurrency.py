"""No more requests at work than can be answered soon: who comes beyond that is told so at once.

A queue without an end would keep every body in memory and answer nobody in time.
"""

from __future__ import annotations

from starlette._utils import get_route_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import Busy
from api.problems import problem_response
from inference.cores import cores

REQUESTS_PER_CORE = 32
"""How many requests wait for each core, unless the settings say otherwise: a second's work."""

_RETRY_SECONDS = 1.0


def default_limit() -> int:
    """The limit of a service that is told none."""
    return REQUESTS_PER_CORE * cores()


class Concurrency:
    """Counts the requests that classify, from their header to their answer; beyond `limit`, 503.

    Their bodies are not read. Used from one event loop.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or answer `busy`."""
        if not classifies(scope):
            await self._app(scope, receive, send)
            return
        if self._inside >= self._limit:
            error = Busy(f"{self._inside} requests are under way already", _RETRY_SECONDS)
            await problem_response(error)(scope, receive, send)
            return
        self._inside += 1
        counted = True

        async def watched(message: Message) -> None:
            nonlocal counted
            if counted and message["type"] == "http.response.body" and not message.get("more_body"):
                # The work is done: who reads the answer slowly keeps nobody else out.
                counted = False
                self._inside -= 1
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            if counted:
                self._inside -= 1


def classifies(scope: Scope) -> bool:
    """Whether the request may need a core.

    That is every POST but the one for an upload's form, and who asks for the answer to an upload:
    where no event came for it, the picture is looked at then.
    """
    if scope["type"] != "http":
        return False
    path = get_route_path(scope)
    if scope["method"] == "POST":
        return path != "/uploads"
    return scope["method"] in ("GET", "HEAD") and path.startswith("/results/")
