"""`status.json`: what became of the files that were dropped into a model's incoming folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from inference import layout
from inference.keras_files.limits import CONVERSION
from inference.manifest import ModelName, Sha256
from inference.stores import Store

FORMAT: Final = 1
CLAIM: Final = timedelta(seconds=2 * CONVERSION.seconds + 600)
"""How long a worker may take that does not say how long: it converts twice where it looks for
the recipe, and then it measures. One that has said nothing for longer has died."""

State = Literal["waiting", "converting", "interrupted", "refused", "published"]


class Status(BaseModel):
    """The content of `status.json`; `detail` is a sentence for whoever dropped the files.

    `files` is what was looked at, name → tag. `worker` is who is at it, or was, and `until` when
    it is done at the latest. `cut_off` counts the workers that were ended while at these files.
    """

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = FORMAT
    name: ModelName
    state: State
    detail: str
    at: AwareDatetime
    files: dict[str, str]
    release: Sha256 | None = None
    stage: str | None = None
    worker: Annotated[str, Field(max_length=256)] = ""
    until: AwareDatetime | None = None
    cut_off: Annotated[int, Field(ge=0)] = 0

    def serialise(self) -> bytes:
        """The bytes of `status.json`."""
        return (self.model_dump_json(indent=2, exclude_none=True) + "\n").encode()

    @classmethod
    def parse(cls, content: bytes) -> Self | None:
        """The status in these bytes; None for what is none, which is as if nothing were there."""
        try:
            return cls.model_validate_json(content)
        except ValidationError:
            return None


def is_settled(
    status: Status | None, files: dict[str, str], now: datetime, has_ended: Callable[[str], bool]
) -> bool:
    """Whether nothing is to be done about `files`: judged already, or somebody else is at it.

    What was refused is not tried again until a file changes. `has_ended` says of a worker
    whether it is known to be at it no more.
    """
    if status is None or status.files != files or status.state == "interrupted":
        return False
    if status.state == "converting":
        return not has_ended(status.worker) and now < (status.until or status.at + CLAIM)
    return True


def read_status(store: Store, name: str) -> tuple[Status | None, str | None]:
    """The status of a model and its tag; None for what is not there."""
    blob = store.read(layout.status(name))
    return (Status.parse(blob.data), blob.etag) if blob else (None, None)


def write_status(store: Store, status: Status, etag: str | None) -> str:
    """Write over the status tagged `etag`; the new tag. `StoreConflict` if it changed."""
    key, content = layout.status(status.name), status.serialise()
    if etag is None:
        return store.create(key, content)
    return store.replace(key, content, etag)
