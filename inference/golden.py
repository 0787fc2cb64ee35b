"""Golden answers: pictures in the bundle, and what this bundle must say about them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inference.errors import CallerError, GoldenMismatch, ModelError
from inference.manifest import GOLDEN_ANSWERS
from inference.model import Model
from inference.pictures.decoding import PictureLimits, decode
from inference.validation import faults_in


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class GoldenScore(_Part):
    """One class of an expected answer."""

    index: Annotated[int, Field(ge=0)]
    score: Annotated[float, Field(ge=0, le=1)]


class GoldenAnswer(_Part):
    """A picture in `golden/` and the best classes for it, best first."""

    picture: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    top: Annotated[list[GoldenScore], Field(min_length=1)]


class GoldenAnswers(_Part):
    """The content of `golden/answers.json`.

    `tolerance` is how far a score may lie from the expected one: processors and decoders round
    differently, a wrong model differs by far more.
    """

    tolerance: Annotated[float, Field(gt=0, lt=1)]
    answers: list[GoldenAnswer]

    def serialise(self) -> bytes:
        """The bytes of `answers.json`: the same answers always give the same bytes."""
        return (self.model_dump_json(indent=2) + "\n").encode()


InTurn = Callable[[Callable[[], None]], None]
"""Does a piece of work when its turn has come, and returns when it is done."""


def at_once(work: Callable[[], None]) -> None:
    """`InTurn` where nobody else waits for a core."""
    work()


def verify(
    model: Model,
    pictures: int | None = None,
    *,
    alone: bool = False,
    in_turn: InTurn = at_once,
) -> None:
    """Let `model` answer its first `pictures` golden pictures, or all of them, each `in_turn`.

    Raises `GoldenMismatch` with the picture and both scores. The first answer also warms the
    model up, for requests that come `alone` or for several at once. A bundle without golden
    answers is taken as it is: its digests were checked.
    """
    bundle = model.bundle
    if GOLDEN_ANSWERS not in bundle.manifest.files:
        return
    try:
        golden = GoldenAnswers.model_validate_json(bundle.read(GOLDEN_ANSWERS))
    except ValidationError as exc:
        raise ModelError(f"{GOLDEN_ANSWERS} cannot be read: {faults_in(exc)}") from exc
    for answer in golden.answers[:pictures]:
        in_turn(partial(_compare, model, answer, golden.tolerance, alone))


def _compare(model: Model, answer: GoldenAnswer, tolerance: float, alone: bool) -> None:
    """One picture: every expected class has its score, and the best class is the best."""
    data = model.bundle.read(f"golden/{answer.picture}")
    try:
        picture = decode(data, model.size, model.recipe, PictureLimits())
    except CallerError as exc:  # no caller sent this one
        raise ModelError(f"the golden picture {answer.picture} cannot be read: {exc}") from exc
    scores = model.scores(picture.pixels, alone=alone)
    for expected in answer.top:
        if expected.index >= len(scores):
            raise ModelError(f"golden answer {answer.picture} expects class {expected.index}")
        score = float(scores[expected.index])
        if abs(score - expected.score) > tolerance:
            raise GoldenMismatch(
                f"the model gives {score:.4f} to {model.labels[expected.index]!r} on "
                f"its golden picture {answer.picture}; {expected.score:.4f} ± {tolerance} is right"
            )
    best, expected_best = int(scores.argmax()), answer.top[0]
    if best != expected_best.index and scores[best] - expected_best.score > tolerance:
        raise GoldenMismatch(
            f"the model takes its golden picture {answer.picture} for "
            f"{model.labels[best]!r}; {model.labels[expected_best.index]!r} is right"
        )
