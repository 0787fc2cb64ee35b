"""The pointer of a stage: which release it is, since when, by whom, and what it was before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from inference.errors import ModelError
from inference.layout import STAGE_RULE, is_stage
from inference.manifest import ModelName, Sha256
from inference.validation import faults_in

FORMAT: Final = 1
HISTORY = 50
"""How many moves before the current one a pointer remembers."""

Action = Literal["publish", "promote", "rollback"]
Moment = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
Author = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class _Part(BaseModel):
    # What a newer version may add without a new format is passed over.
    model_config = ConfigDict(frozen=True)


class Move(_Part):
    """A release that a stage was moved to."""

    release: Sha256
    since: Moment
    by: Author
    action: Action


class Pointer(_Part):
    """The content of `stages/STAGE.json`: the current move, and those before it."""

    format: Literal[1] = FORMAT
    name: ModelName
    stage: str
    release: Sha256
    since: Moment
    by: Author
    action: Action
    history: Annotated[tuple[Move, ...], Field(max_length=HISTORY)] = ()

    @field_validator("stage")
    @classmethod
    def _is_a_stage(cls, stage: str) -> str:
        if not is_stage(stage):
            raise ValueError(f"{stage!r} is no name of a stage: {STAGE_RULE}")
        return stage

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read the bytes of a pointer; a `ModelError` says what is wrong with them."""
        try:
            return cls.model_validate_json(content)
        except ValidationError as exc:
            raise ModelError(f"this is no pointer of format {FORMAT}: {faults_in(exc)}") from exc

    def serialise(self) -> bytes:
        """The bytes of the pointer: the same pointer always gives the same bytes."""
        return (self.model_dump_json(indent=2) + "\n").encode()

    @property
    def moves(self) -> tuple[Move, ...]:
        """The current move and those before it, newest first."""
        current = Move(release=self.release, since=self.since, by=self.by, action=self.action)
        return (current, *self.history)


def first(name: str, stage: str, release: str, *, at: datetime, by: str, action: Action) -> Pointer:
    """The pointer of a stage that was nothing before."""
    return Pointer(name=name, stage=stage, release=release, since=at, by=by, action=action)


def moved(pointer: Pointer, release: str, *, at: datetime, by: str, action: Action) -> Pointer:
    """The pointer after a move; the oldest moves are forgotten beyond `HISTORY`."""
    return Pointer(
        name=pointer.name,
        stage=pointer.stage,
        release=release,
        since=at,
        by=by,
        action=action,
        history=pointer.moves[:HISTORY],
    )
