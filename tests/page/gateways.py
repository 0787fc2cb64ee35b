"""The service as it is; as a stage below /prod; for a token below /closed; busy; narrow."""

from __future__ import annotations

import json
from itertools import count

from starlette.types import Receive, Scope, Send

# Variables of a service that takes little.
BODY_BYTES = {"MICROLENS_MAX_BODY_BYTES": "60000"}
FEW_PIXELS = {"MICROLENS_MAX_PIXELS": "200000", "MICROLENS_MAX_DRAFT_PIXELS": "200000"}
TOKEN = "open-sesame"
BUSY_TIMES = 2
NARROW_BYTES = 15_000
"""The largest body that passes below /narrow, which says so to nobody."""

# A browser that only follows a link can bring no token.
_PUBLIC = ("/", "/docs", "/sample.png")
_asked = count()


async def gateways(scope: Scope, receive: Receive, send: Send) -> None:
    """Take the stage off the path, as API Gateway does, and do what it stands for."""
    from api.app import app  # the tests, which read the constants above, are no service

    path: str = scope.get("path", "")
    for stage in ("/prod", "/closed", "/busy", "/narrow"):
        if path == stage or path.startswith(f"{stage}/"):
            path = path.removeprefix(stage) or "/"
            scope = {**scope, "path": path, "raw_path": path.encode()}
            headers = dict(scope["headers"])
            given = headers.get(b"authorization", b"").decode()
            if stage == "/closed" and path not in _PUBLIC and given != f"Bearer {TOKEN}":
                detail = "the token is not known" if given else "a token is needed"
                await _refuse(send, 401, "unauthorized", detail)
                return
            if stage == "/busy" and path == "/classify" and next(_asked) < BUSY_TIMES:
                await _refuse(send, 503, "busy", "all workers are busy")
                return
            if stage == "/narrow" and int(headers.get(b"content-length", b"0")) > NARROW_BYTES:
                await send({"type": "http.response.start", "status": 413, "headers": []})
                await send({"type": "http.response.body", "body": b"<html>413</html>"})
                return
    await app(scope, receive, send)


async def _refuse(send: Send, status: int, code: str, detail: str) -> None:
    problem = {"status": status, "code": code, "title": code.capitalize(), "detail": detail}
    headers = [(b"content-type", b"application/problem+json"), (b"retry-after", b"1")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(problem).encode()})
