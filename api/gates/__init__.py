"""What every request passes on its way in, one gate a file: who may ask, how much, for how long.

Each gate is plain ASGI and answers for itself with a problem document. `install` has their order;
a new gate is a file here and a line there.
"""

from __future__ import annotations

from fastapi import FastAPI

from api.gates.concurrency import Concurrency, default_limit
from api.gates.deadline import Deadline
from api.gates.tokens import Tokens
from inference.settings import Settings


def install(app: FastAPI, settings: Settings) -> None:
    """Put the gates before `app`, the last one named first in the way of a request."""
    app.add_middleware(Deadline, seconds=settings.deadline_seconds)
    app.add_middleware(Concurrency, limit=settings.max_concurrent or default_limit())
    if settings.tokens:
        hashes = [each.get_secret_value() for each in settings.tokens]
        app.add_middleware(Tokens, hashes=hashes)


def install_outermost(app: FastAPI, settings: Settings) -> None:
    """Put before `app` what is said of every answer, in whatever words it comes."""
    from api.gates.headers import Headers

    if settings.cors_origins:
        from api.gates.cors import Cors

        app.add_middleware(Cors, origins=settings.cors_origins)
    app.add_middleware(Headers)
