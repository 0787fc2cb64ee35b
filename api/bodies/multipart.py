"""A multipart form: files in `image`, addresses in `url`, as many as one likes.

The form is parsed where it lies in memory: the body is bounded already, and a temporary file
for each part above 1 MB, as form libraries make it, costs more than the classification.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.bodies import ADDRESS, Item, Link, Refused, Upload
from inference.errors import BadRequest

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

# It warns of every form that it refuses, which is no news to whoever runs the service.
logging.getLogger("python_multipart").setLevel(logging.ERROR)

_FIELDS = "the fields are 'image' (a file) and 'url' (an S3 address)"


def accepts(media_type: str) -> bool:
    """`multipart/form-data`."""
    return media_type == "multipart/form-data"


def parse(body: bytes, content_type: str, max_pictures: int) -> list[Item]:
    """The pictures in the order of the form's parts."""
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise BadRequest("the content type multipart/form-data names no boundary")
    form = _Form(max_pictures)
    try:
        parser = MultipartParser(boundary, form.callbacks())
        parser.write(body)
    except FormParserError as exc:
        raise BadRequest(f"the multipart body cannot be parsed: {exc}") from exc
    if not form.ended:
        raise BadRequest("the multipart body ends before its closing boundary")
    return form.items


def describe(max_pictures: int) -> dict[str, Any]:
    """For OpenAPI: a form with both fields, each as often as one likes."""
    files = {"type": "string", "format": "binary"}
    schema = {
        "type": "object",
        "description": "`curl -F image=@cat.jpg -F image=@dog.jpg -F url=s3://… …/classify`",
        "properties": {
            "image": {
                "type": "array",
                "items": files,
                "maxItems": max_pictures,
                "description": "files of pictures",
            },
            "url": {
                "type": "array",
                "items": {"type": "string", "description": ADDRESS},
                "maxItems": max_pictures,
                "description": "S3 addresses of pictures",
            },
        },
        "additionalProperties": False,
        "anyOf": [{"required": ["image"]}, {"required": ["url"]}],
    }
    examples = {"addresses": {"value": {"url": ["s3://photos/cat.jpg", "s3://photos/dog.jpg"]}}}
    return {"multipart/form-data": {"schema": schema, "examples": examples}}


class _Form:
    """Takes the parts of one form from the parser, as it comes to them."""

    def __init__(self, max_pictures: int) -> None:
        self.items: list[Item] = []
        self.ended = False
        self._max_pictures = max_pictures
        self._header_name = b""
        self._header_value = b""
        self._disposition = b""
        self._chunks: list[bytes] = []

    def callbacks(self) -> MultipartCallbacks:
        """What the parser calls; chunks come as (buffer, start, end)."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._name,
            "on_header_value": self._value,
            "on_header_end": self._header,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._close,
        }

    def _begin(self) -> None:
        if len(self.items) >= self._max_pictures:
            raise BadRequest(
                f"the form has more than {self._max_pictures} parts; at most as many pictures "
                "are classified in one request"
            )
        self._disposition = b""
        self._chunks = []

    def _name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._chunks.append(data[start:end])

    def _end(self) -> None:
        self.items.append(_item(self._disposition, b"".join(self._chunks)))
        self._chunks = []

    def _close(self) -> None:
        self.ended = True


def _item(disposition: bytes, content: bytes) -> Item:
    """One part of the form, by the name of its field."""
    name = parse_options_header(disposition)[1].get(b"name", b"").decode("utf-8", "replace")
    if name not in {"image", "url"}:
        raise BadRequest(f"the form has a field {name[:80]!r}; {_FIELDS}")
    if not content:
        return Refused(BadRequest(f"the field {name!r} is empty; {_FIELDS}"))
    if name == "image":
        return Upload(content)
    try:
        return Link(content.decode())
    except UnicodeDecodeError:
        return Refused(BadRequest("the field 'url' is not UTF-8 text"))
