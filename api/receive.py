"""From an HTTP request to the pictures that it sends or names."""

from __future__ import annotations

from fastapi import Request
from starlette.requests import ClientDisconnect

from api.bodies import Body, Item, json, multipart, raw
from inference.errors import BadRequest, ImageTooLarge
from inference.settings import Settings

BODIES: tuple[Body, ...] = (multipart, raw, json)

_WAYS = (
    "send multipart/form-data with the fields image or url, the bytes of a picture as image/* or "
    "application/octet-stream, or application/json"
)

# More than any body has; Python refuses to read numbers of thousands.
_DIGITS = 19

# Some clients call a character set a coding, which changes nothing in the body.
_CODINGS = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"})


async def receive_pictures(request: Request, settings: Settings) -> list[Item]:
    """The pictures of a request, in the order sent; at least one.

    Raises `BadRequest`, or `ImageTooLarge` as soon as the body passes its limit.
    """
    content_type = request.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    body_type = next((body for body in BODIES if body.accepts(media_type)), None)
    if body_type is None:
        raise BadRequest(f"bodies of type {media_type[:80] or 'nothing'!r} are not read; {_WAYS}")
    body = await read_body(request, settings)
    items = body_type.parse(body, content_type, settings.max_pictures)
    if not items:
        raise BadRequest(f"the request holds no picture; {_WAYS}")
    return items


async def read_body(request: Request, settings: Settings) -> bytes:
    """The whole body, within its limit; a length that is announced is judged first.

    Raises `ImageTooLarge`, which names the way around, or `BadRequest` for one that is packed.
    """
    codings = request.headers.get("content-encoding", "").lower().replace(" ", "").split(",")
    if packed := _CODINGS.intersection(codings):
        raise BadRequest(
            f"bodies of the Content-Encoding {min(packed)} are not unpacked: send them as they are"
        )
    limit = settings.max_body_bytes
    if (announced := _announced(request)) > limit:
        raise _too_large(f"{announced:,}", settings)
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise _too_large(f"more than {limit:,}", settings)
            chunks.append(chunk)
    except ClientDisconnect as exc:  # nobody reads the answer; the log says whose fault it was
        raise BadRequest(f"the caller left when {size:,} bytes of the body had come") from exc
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _announced(request: Request) -> int:
    """What Content-Length says, of a number without end the beginning; else 0."""
    text = request.headers.get("content-length", "")
    return int(text[:_DIGITS]) if text.isdecimal() else 0


def _too_large(size: str, settings: Settings) -> ImageTooLarge:
    way = "put the picture into S3 and send its address as url"
    if settings.uploads:
        way = (
            "POST /uploads gives a form that sends a picture of up to "
            f"{settings.max_image_bytes:,} bytes to S3, and the address of its answer"
        )
    return ImageTooLarge(
        f"the body has {size} bytes; at most {settings.max_body_bytes:,} are accepted: {way}"
    )
