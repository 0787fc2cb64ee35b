"""What is known of the request at work, written down along its way for the log line at its end."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from inference.answers import Answer, ModelIdentity
from inference.errors import CallerError, MicrolensError


@dataclass(slots=True)
class Note:
    """Filled in on the event loop alone, from all tasks of one request."""

    code: str | None = None
    model: ModelIdentity | None = None
    pictures: int = 0
    refused: int = 0
    broken: int = 0
    size: int = 0
    fetch_ms: float = 0.0
    decode_ms: float = 0.0
    infer_ms: float = 0.0
    last: Answer | None = None

    def answered(self, answer: Answer, size: int) -> None:
        """A picture of `size` bytes was answered."""
        self.pictures += 1
        self.size += size
        self.model = answer.model
        self.fetch_ms += answer.timing_ms.fetch
        self.decode_ms += answer.timing_ms.decode
        self.infer_ms += answer.timing_ms.infer
        self.last = answer

    def ranked(self, model: ModelIdentity) -> None:
        """Numbers that needed no decoding were answered."""
        self.pictures += 1
        self.model = model

    def failed(self, exc: MicrolensError) -> None:
        """A picture was not answered, through its own fault or ours."""
        if isinstance(exc, CallerError):
            self.refused += 1
        else:
            self.broken += 1

    def members(self) -> dict[str, Any]:
        """What a log line says of it; of several pictures sums, and the format of the last."""
        said: dict[str, Any] = {"code": self.code} if self.code else {}
        if self.model:
            said |= {"model": self.model.name, "release": self.model.release}
        if self.pictures or self.refused or self.broken:
            said["pictures"] = self.pictures
            said |= {"refused": self.refused} if self.refused else {}
            said |= {"failed": self.broken} if self.broken else {}
        if self.last:
            image = self.last.image
            said |= {"bytes": self.size, "format": image.format}
            said["size"] = f"{image.width}x{image.height}"
        return said

    def stages(self) -> dict[str, float]:
        """Milliseconds of each stage, of several pictures the sum of what each took."""
        if not self.last:
            return {}
        return {
            "fetch": round(self.fetch_ms, 2),
            "decode": round(self.decode_ms, 2),
            "infer": round(self.infer_ms, 2),
        }


_CURRENT: ContextVar[Note | None] = ContextVar("note", default=None)


def current() -> Note | None:
    """The note of the request at work; None where there is none, as in an event."""
    return _CURRENT.get()


def begin() -> Note:
    """A new note, current from here on in this task and those that it starts."""
    note = Note()
    _CURRENT.set(note)
    return note
