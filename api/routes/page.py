"""`GET /`: the page for people, and the picture that it offers to who has none at hand."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from api.conditional import conditional, entity_tag
from api.documents import Document, compose
from api.errors import RouteNotFound
from api.state import Shared, State
from inference.errors import SourceUnavailable
from inference.pictures.formats import formats_read
from inference.settings import DEFAULT_MODEL

router = APIRouter(include_in_schema=False)

STYLES = ("base.css", "page.css")
SCRIPTS = (
    *("elements.js", "token.js", "service.js", "shrink.js", "words.js", "verdict.js"),
    *("cards.js", "sending.js", "table.js", "model.js", "intake.js", "main.js"),
)
# Chelsea the cat, CC0; one of the golden pictures of the model that comes along.
SAMPLE = Path(DEFAULT_MODEL, "golden", "chelsea.png")


@router.get("/")
async def page(request: Request, state: Shared) -> Response:
    """A page that classifies the pictures that are dropped on it, chosen, pasted or taken."""
    settings = state.settings
    uploads = await state.workers.fetch(partial(_origin, state)) if state.uploads.are_on else None
    sent = min(settings.max_body_bytes, settings.max_image_bytes)
    seconds = settings.deadline_seconds
    document = _page(sent, settings.max_image_bytes, settings.max_pixels, seconds, uploads)
    return document.answer(request)


@router.get("/sample.png")
async def sample(request: Request) -> Response:
    """A picture to try; 404 where the model that comes along was not deployed."""
    if not SAMPLE.is_file():
        raise RouteNotFound("there is no sample picture here: models/imagenet-lite0 is missing")
    content = SAMPLE.read_bytes()
    headers = {"cache-control": "public, max-age=86400"}
    return conditional(request, content, "image/png", entity_tag(content), headers)


@lru_cache(maxsize=4)
def _page(
    picture_bytes: int, upload_bytes: int, pixels: int, seconds: float, uploads: str | None
) -> Document:
    """The page of a service with these limits, made when it is first asked for.

    After so many `seconds` the service gives up a request. `uploads` is the origin in S3 that takes
    larger pictures, if there is one.
    """
    values = {
        "picture_bytes": picture_bytes,
        "upload_bytes": upload_bytes if uploads else 0,
        "pixels": pixels,
        "deadline_seconds": seconds,
        "formats": [name for name in formats_read() if name != "MPO"],  # a JPEG to most people
        "sample": SAMPLE.is_file(),
    }
    return compose("index.html", STYLES, SCRIPTS, values, [uploads] if uploads else [])


def _origin(state: State) -> str | None:
    """Where forms of uploads are sent; None where none can be signed, and the page does without.

    Only S3's client knows: it is imported for the page where uploads are on, and not elsewhere.
    """
    try:
        url = urlsplit(state.uploads.form().url)
    except SourceUnavailable:
        return None
    return f"{url.scheme}://{url.netloc}"
