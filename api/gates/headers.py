"""Headers of every answer that keep a browser from doing more with it than it is for.

`Strict-Transport-Security` is not among them: it speaks for a host name and its certificate,
which are the gateway's.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    # An answer is data: it loads nothing and is shown in no frame. Pages bring their own policy.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    # What a picture shows concerns who sent it; what may be kept says so itself.
    (b"cache-control", b"no-store"),
)


class Headers:
    """Adds them where the answer does not have its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application and add to what it sends."""

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                added = [each for each in HEADERS if each[0] not in own]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        await self._app(scope, receive, watched)
