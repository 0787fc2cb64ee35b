"""Pages of other hosts: those whose origin is named may call the service, and no others.

A browser's preflight carries no token, so it is answered before tokens are asked for; it says
nothing but what may be sent. Tokens are headers that a page sets itself and never cookies, so
credentials are not allowed and `*` gives nobody more than `curl` has.
"""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ANY = "*"

_PREFLIGHT = {
    "access-control-allow-methods": "GET, HEAD, POST",
    "access-control-allow-headers": "authorization, content-type, if-none-match, x-request-id",
    "access-control-max-age": "3600",
}
_EXPOSED = b"etag, location, retry-after, www-authenticate, x-request-id"


class Cors:
    """Tells browsers that pages of `origins` may read the answers."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer preflights, add headers to answers; other origins find no word of theirs."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        allowed = self._allowed(headers.get("origin"))
        if allowed and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            said = {**_PREFLIGHT, "access-control-allow-origin": allowed, "vary": "Origin"}
            await Response(status_code=204, headers=said)(scope, receive, send)
            return
        # A cache must not give one origin what was answered to another.
        added = [(b"vary", b"Origin")]
        if allowed:
            added.append((b"access-control-allow-origin", allowed.encode("latin-1")))
            added.append((b"access-control-expose-headers", _EXPOSED))

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        await self._app(scope, receive, watched)

    def _allowed(self, origin: str | None) -> str | None:
        """What to say of `origin`; None where nothing is."""
        if ANY in self._origins:
            return ANY
        return origin if origin in self._origins else None
