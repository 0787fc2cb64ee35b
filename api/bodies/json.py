"""A JSON body: addresses or base64, one or several."""

from __future__ import annotations

import base64
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.bodies import ADDRESS, Item, Link, Refused, Upload
from inference.errors import BadRequest

_BASE64 = (
    "its bytes in base64 (RFC 4648, the alphabet with + and /, padded, no line breaks), or a "
    "`data:` URL that ends in `;base64,` and them"
)

_MOST_VALUES = 10_000
"""Values in a body besides its pictures, told by commas, which an address may have too. pydantic
keeps a kilobyte for each that is wrong, or that has a name which it does not know.
"""

_ONE, _SEVERAL = ("url", "image"), ("urls", "images")
_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mM4UaEBAAN0AWn1BwN7AAAAAElFTkSuQmCC"
)


class PicturesAsJson(BaseModel):
    """What a JSON body may say; each picture is an address or base64, in the order sent."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: str | None = Field(None, description=f"a picture's address: {ADDRESS}")
    image: str | None = Field(None, description=f"a picture: {_BASE64}")
    urls: list[str] = Field(default=[], description="several addresses")
    images: list[str] = Field(default=[], description="several pictures")


def accepts(media_type: str) -> bool:
    """`application/json`."""
    return media_type == "application/json"


def parse(body: bytes, _content_type: str, max_pictures: int) -> list[Item]:
    """The pictures that `url`, `image`, `urls` and `images` name, in that order."""
    values = body.count(b",") + 1
    if values > (most := _MOST_VALUES + max_pictures):
        raise BadRequest(
            f"the JSON holds about {values:,} values; at most {most:,} are read, and at most "
            f"{max_pictures} pictures are classified in one request"
        )
    try:
        said = PicturesAsJson.model_validate_json(body)
    except ValidationError as exc:
        fault = exc.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"])) or "the body"
        raise BadRequest(
            f"{place[:80]}: {fault['msg']}; send "
            '{"url": "s3://…"}, {"image": "<base64>"}, {"urls": […]} or {"images": […]}'
        ) from exc
    links = [*([said.url] if said.url is not None else []), *said.urls]
    encoded = [*([said.image] if said.image is not None else []), *said.images]
    if len(links) + len(encoded) > max_pictures:
        # Counted before anything is decoded.
        raise BadRequest(
            f"the body names {len(links) + len(encoded)} pictures; at most {max_pictures} are "
            "classified in one request"
        )
    return [*map(Link, links), *map(from_base64, encoded)]


def describe(max_pictures: int) -> dict[str, Any]:
    """For OpenAPI: any of the members, at least one of them with a picture."""
    schema = PicturesAsJson.model_json_schema()
    for name in _SEVERAL:
        schema["properties"][name]["maxItems"] = max_pictures
    schema["anyOf"] = [
        *({"required": [name], "properties": {name: {"type": "string"}}} for name in _ONE),
        *({"required": [name], "properties": {name: {"minItems": 1}}} for name in _SEVERAL),
    ]
    examples = {
        "address": {"value": {"url": "s3://photos/cat.jpg"}},
        "base64": {"summary": "one brown pixel", "value": {"image": _PIXEL}},
        "several": {"value": {"urls": ["s3://photos/cat.jpg"], "images": [_PIXEL]}},
    }
    return {"application/json": {"schema": schema, "examples": examples}}


def from_base64(text: str) -> Upload | Refused:
    """The picture in a base64 text or a data: URL, whose media type is not believed."""
    if text.startswith("data:"):
        header, comma, text = text.partition(",")
        if not (comma and header.endswith(";base64")):
            return Refused(
                BadRequest("a data: URL in the body is not base64: it has no ';base64,'")
            )
    if not text:
        return Refused(BadRequest("a picture in the body is an empty text; send it as base64"))
    try:
        return Upload(base64.b64decode(text, validate=True))
    except ValueError as exc:
        return Refused(BadRequest(f"a picture in the body is not base64: {exc}"))
