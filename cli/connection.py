"""HTTP connections whose answer is read also when the service did not wait for the whole request.

A service that refuses a body for its announced length answers at once and closes. Whoever is
still sending then meets an error of the network, and urllib gives up with the answer unread.
"""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ssl import SSLEOFError
from typing import Any
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, Request, build_opener

_CUT_OFF = (BrokenPipeError, ConnectionResetError, SSLEOFError)


class CutOff(ConnectionError):
    """The service closed the connection while it was sent to, and left no answer."""


class _Listening:
    """Mixed into a connection: an answer to half a request is an answer."""

    sock: object
    _cut_off: OSError | None = None

    def request(self, *args: Any, **options: Any) -> None:
        try:
            super().request(*args, **options)  # type: ignore[misc]  # the connection's
        except _CUT_OFF as exc:
            if self.sock is None:  # there never was a connection
                raise
            self._cut_off = exc

    def getresponse(self) -> HTTPResponse:
        try:
            answer: HTTPResponse = super().getresponse()  # type: ignore[misc]  # the connection's
        except (OSError, HTTPException) as exc:
            if self._cut_off is None:
                raise
            raise CutOff("it closed the connection before it had the whole picture") from exc
        return answer


class _Plain(_Listening, HTTPConnection):
    pass


class _Encrypted(_Listening, HTTPSConnection):
    pass


class _PlainHandler(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Plain, req)


class _EncryptedHandler(HTTPSHandler):
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Encrypted, req)


def opener() -> OpenerDirector:
    """urllib's opener with its proxies and redirects, on connections that listen to the end."""
    return build_opener(_PlainHandler, _EncryptedHandler)
