"""The service as it is; below /prod as a stage; below /closed for a token; busy below /busy."""

from __future__ import annotations

import json
from itertools import count

from starlette.types import Receive, Scope, Send

TOKEN = "open-sesame"
BUSY_TIMES = 2
# A browser that only follows a link can bring no token.
_PUBLIC = ("/", "/sample.png")
_asked = count()


async def gateways(scope: Scope, receive: Receive, send: Send) -> None:
    """Take the stage off the path, as API Gateway does, and do what it stands for."""
    from api.app import app  # the tests, which read the constants above, are no service

    path: str = scope.get("path", "")
    for stage in ("/prod", "/closed", "/busy"):
        if path == stage or path.startswith(f"{stage}/"):
            path = path.removeprefix(stage) or "/"
            scope = {**scope, "path": path, "raw_path": path.encode()}
            given = dict(scope["headers"]).get(b"authorization", b"").decode()
            if stage == "/closed" and path not in _PUBLIC and given != f"Bearer {TOKEN}":
                detail = "the token is not known" if given else "a token is needed"
                await _refuse(send, 401, "unauthorized", detail)
                return
            if stage == "/busy" and path == "/classify" and next(_asked) < BUSY_TIMES:
                await _refuse(send, 503, "busy", "all workers are busy")
                return
    await app(scope, receive, send)


async def _refuse(send: Send, status: int, code: str, detail: str) -> None:
    problem = {"status": status, "code": code, "title": code.capitalize(), "detail": detail}
    headers = [(b"content-type", b"application/problem+json"), (b"retry-after", b"1")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(problem).encode()})
