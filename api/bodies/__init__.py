"""Request bodies: each content type that `POST /classify` takes, one file each.

Every file has the same three parts: `accepts(media_type)`, `parse(body, content_type,
max_pictures)`, which gives the pictures in the order sent, and `describe(max_pictures)`, what
`/openapi.json` says of it. The first that accepts, parses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from inference.errors import CallerError

ADDRESS = "`s3://BUCKET/KEY`, `s3://BUCKET/KEY?versionId=…`, or the https address of an S3 object"
"""What may be sent as the address of a picture."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture that was sent."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """A picture that was named by its address."""

    url: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A picture that could not even be taken out of the body; the others are answered."""

    error: CallerError


Item = Upload | Link | Refused


class Body(Protocol):
    """One way of sending pictures."""

    def accepts(self, media_type: str) -> bool:
        """Whether a body of this type (lower case, no parameters) is parsed here."""

    def parse(self, body: bytes, content_type: str, max_pictures: int) -> list[Item]:
        """The pictures in `body`, in the order sent; `BadRequest` when it says none."""

    def describe(self, max_pictures: int) -> dict[str, Any]:
        """OpenAPI's media type objects, by media type."""
