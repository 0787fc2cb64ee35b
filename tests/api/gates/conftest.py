"""A service that asks for tokens, and names an origin; one with tight limits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import httpx
import pytest

from tests.api.conftest import client
from tests.invariants.forbidden import keep_secret
from tests.servers.uvicorn import Uvicorn, uvicorn

OLD, NEW = "microlens_the-old-one", "microlens_the-new-one"
TOKENS = ",".join(f"sha256:{hashlib.sha256(each.encode()).hexdigest()}" for each in (OLD, NEW))
ORIGIN = "https://www.example.org"

MOST = 2
SECONDS = 1.5


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"authorization": f"Bearer {token}"}


@pytest.fixture(scope="package")
def guarded_server() -> Iterator[Uvicorn]:
    """A service with two tokens and one origin, which writes JSON lines."""
    env = {
        "MICROLENS_TOKENS": TOKENS,
        "MICROLENS_CORS_ORIGINS": ORIGIN,
        "MICROLENS_LOG_FORMAT": "json",
    }
    keep_secret(OLD, NEW)
    with uvicorn(env) as server:
        yield server


@pytest.fixture(scope="package")
def guarded(guarded_server: Uvicorn) -> Iterator[httpx.Client]:
    """A client of it that sends no token by itself."""
    with client(guarded_server.url) as found:
        yield found


@pytest.fixture(scope="package")
def narrow() -> Iterator[Uvicorn]:
    """A service that works on two requests at most, and a second and a half on each."""
    env = {"MICROLENS_MAX_CONCURRENT": str(MOST), "MICROLENS_DEADLINE_SECONDS": str(SECONDS)}
    options = ("--http", "api.gates.connections:Connections")
    with uvicorn(env, options=options) as server:
        yield server
