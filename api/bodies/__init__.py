"""Request bodies: each content type that `POST /classify` takes, one file each.

Every file has the same two parts: `accepts(media_type)` and `parse(body, content_type,
max_pictures)`, which gives the pictures in the order sent. The first that accepts, parses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from inference.errors import CallerError


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
