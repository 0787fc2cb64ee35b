"""A JSON body: addresses or base64, one or several."""

from __future__ import annotations

import base64

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.bodies import Item, Link, Refused, Upload
from inference.errors import BadRequest


class PicturesAsJson(BaseModel):
    """What a JSON body may say; each picture is an address or base64, in the order sent."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: str | None = Field(None, description="an S3 address", examples=["s3://photos/cat.jpg"])
    image: str | None = Field(None, description="a picture, base64 (a data: URL may be sent too)")
    urls: list[str] = Field(default=[], description="several S3 addresses")
    images: list[str] = Field(default=[], description="several pictures, base64")


def accepts(media_type: str) -> bool:
    """`application/json`."""
    return media_type == "application/json"


def parse(body: bytes, _content_type: str, max_pictures: int) -> list[Item]:
    """The pictures that `url`, `image`, `urls` and `images` name, in that order."""
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
    return [*map(Link, links), *map(_decode, encoded)]


def _decode(text: str) -> Upload | Refused:
    """The picture in a base64 text; the header of a data: URL is passed over."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    if not text:
        return Refused(BadRequest("a picture in the body is an empty text; send it as base64"))
    try:
        return Upload(base64.b64decode(text, validate=True))
    except ValueError as exc:
        return Refused(BadRequest(f"a picture in the body is not base64: {exc}"))
