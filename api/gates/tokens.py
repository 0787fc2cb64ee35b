"""Who may ask: whoever sends a token that the service knows the hash of.

Tokens are 256 random bits (`microlens token`), so their SHA-256 says nothing about them and can
stand in a template; a password that people choose would be guessed from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from hmac import compare_digest

from starlette._utils import get_route_path
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import Unauthorized
from api.problems import problem_response
from inference.setting_types import HASH_PREFIX

OPEN = frozenset({"/", "/docs", "/livez", "/readyz", "/sample.png"})
"""What may be read without a token: whether the service lives, and the two pages, which hold no
data and ask for one."""

_HOW = "send it as 'Authorization: Bearer TOKEN'; whoever runs this service has one"


class Tokens:
    """Lets requests in that carry one of the tokens; all others are 401, their body unread."""

    def __init__(self, app: ASGIApp, hashes: Iterable[str]) -> None:
        self._app = app
        self._digests = [bytes.fromhex(each.removeprefix(HASH_PREFIX)) for each in hashes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or answer `unauthorized`."""
        if scope["type"] == "http" and not is_open(scope):
            fault = self._fault(Headers(scope=scope).getlist("authorization"))
            if fault:
                await problem_response(fault)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _fault(self, credentials: list[str]) -> Unauthorized | None:
        """What is wrong with what `Authorization` says, which is never repeated."""
        if not credentials:
            return Unauthorized(f"this address wants a token: {_HOW}")
        scheme, _, token = credentials[0].strip().partition(" ")
        if scheme.lower() != "bearer" or len(credentials) > 1:
            what = "an AWS signature" if scheme.upper().startswith("AWS4") else "that"
            return Unauthorized(f"{what} in Authorization is no bearer token: {_HOW}")
        if not self._is_known(token.strip()):
            return Unauthorized(
                f"the token is none of this service's, or no longer: {_HOW}", is_wrong=True
            )
        return None

    def _is_known(self, token: str) -> bool:
        """Whether the token is one of them; that takes as long whichever it is, or none."""
        digest = hashlib.sha256(token.encode("latin-1", "replace")).digest()
        return sum([compare_digest(digest, each) for each in self._digests]) > 0


def is_open(scope: Scope) -> bool:
    """Whether the request needs no token."""
    return scope["method"] in ("GET", "HEAD") and get_route_path(scope) in OPEN
