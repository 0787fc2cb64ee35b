"""API Gateway's HTTP API in front of a function: what any HTTP client sends becomes an event."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from tests.servers.emulator import Emulator

# Bodies of these types are handed on as text, all others as base64.
_TEXTS = ("text/", "application/json", "application/javascript", "application/xml")


@contextmanager
def gateway(function: Emulator) -> Iterator[str]:
    """The address of a gateway in front of `function`; one request at a time goes through."""

    class Handler(_Handler):
        behind: ClassVar[Emulator] = function

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One request → one event of payload version 2.0 → one reply."""

    behind: ClassVar[Emulator]
    one_at_a_time: ClassVar[Lock] = Lock()

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        with self.one_at_a_time:
            reply = self.behind.invoke(self._event(body))
        text = reply["body"].encode()
        content = base64.b64decode(text) if reply["isBase64Encoded"] else text
        self.send_response(reply["statusCode"])
        for name, value in reply["headers"].items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815 - their names in the base

    def _event(self, body: bytes) -> dict[str, Any]:
        address = urlsplit(self.path)
        is_text = self.headers.get("content-type", "").startswith(_TEXTS)
        path = unquote(address.path)
        http = {
            "method": self.command,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": "203.0.113.7",
            "userAgent": self.headers.get("user-agent", ""),
        }
        return {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": address.query,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "requestContext": {"http": http, "stage": "$default", "requestId": "r"},
            "body": body.decode() if is_text else base64.b64encode(body).decode(),
            "isBase64Encoded": not is_text,
        }

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base
        """Say nothing."""
