"""What every address does with HEAD and OPTIONS, so that no route needs to think of it.

HEAD is GET without the body: the same status and the same headers, `Content-Length` among them.
OPTIONS says which methods there are, in `Allow`; what it says of other origins is
`api.gates.cors`'s.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")


class Methods:
    """Answers OPTIONS, and HEAD wherever GET is answered. Wraps the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything else on as it is."""
        method = scope["method"] if scope["type"] == "http" else None
        if method == "HEAD" and _answers(scope, "GET"):
            asked = {**scope, "method": "GET"}
            await self._app(asked, receive, _without_body(send))
            scope["route"] = asked.get("route")  # for the log
        elif method == "OPTIONS" and (allow := allowed(scope)):
            await Response(status_code=204, headers={"allow": allow})(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def allowed(scope: Scope) -> str:
    """The methods of the address that `scope` asks for, as `Allow` has them; empty for none."""
    methods = {method for method in _METHODS if _answers(scope, method)}
    if "GET" in methods:
        methods.add("HEAD")
    return ", ".join(sorted({*methods, "OPTIONS"})) if methods else ""


def _answers(scope: Scope, method: str) -> bool:
    """Whether a route takes `method` there: two routes may share an address."""
    asked = {**scope, "method": method}
    return any(route.matches(asked)[0] is Match.FULL for route in scope["app"].routes)


def _without_body(send: Send) -> Send:
    async def head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return head
