"""`GET /docs`: the reference of the HTTP interface, made in the browser from openapi.json."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, Request, Response

from api.documents import Document, compose

router = APIRouter(include_in_schema=False)

SCRIPTS = ("elements.js", "token.js", "schema.js", "reference.js", "trial.js")


@router.get("/docs")
async def docs(request: Request) -> Response:
    """Every address with its fields, examples and errors, and a form to try it; works offline.

    Open to all and the same for all: what it shows it fetches, with a token where one is wanted.
    """
    return _docs().answer(request)


@cache
def _docs() -> Document:
    return compose("docs.html", ("base.css", "docs.css"), SCRIPTS, {})
