"""A raw body: the picture and nothing else."""

from __future__ import annotations

from typing import Any

from api.bodies import Item, Upload
from inference.errors import BadRequest

# What Latin-1 or binary bytes become when a gateway hands them on as text: U+FFFD in UTF-8.
_RUINED = b"\xef\xbf\xbd"
_SNIFFED = 64


def accepts(media_type: str) -> bool:
    """`image/*` and `application/octet-stream`."""
    return media_type.startswith("image/") or media_type == "application/octet-stream"


def parse(body: bytes, _content_type: str, _max_pictures: int) -> list[Item]:
    """One picture: the whole body."""
    if not body:
        raise BadRequest("the body is empty; send the bytes of a picture")
    if _RUINED in body[:_SNIFFED]:
        raise BadRequest(
            "the picture was turned into text on its way: the gateway must pass image/* and "
            "application/octet-stream as binary media types"
        )
    return [Upload(body)]


def describe(_max_pictures: int) -> dict[str, Any]:
    """For OpenAPI: the bytes of one picture."""
    schema = {
        "type": "string",
        "format": "binary",
        "minLength": 1,
        "description": "the file, as it is; its format is found out from its bytes: "
        "`curl --data-binary @cat.jpg -H 'Content-Type: image/jpeg' …/classify`",
    }
    return {"image/*": {"schema": schema}, "application/octet-stream": {"schema": schema}}
