"""What became of one picture: an answer, or the problem that it met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from api.errors import problem
from inference.answers import Answer
from inference.errors import MicrolensError


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture without an answer: its path, and a problem document as HTTP has it."""

    source: str
    problem: dict[str, Any]

    @property
    def detail(self) -> str:
        """What is wrong, in one sentence."""
        return str(self.problem.get("detail") or self.problem.get("title") or "no reason was given")

    @property
    def code(self) -> str:
        """What is wrong, in one word."""
        return str(self.problem.get("code", "internal"))


class Declined(Exception):
    """A service answered with a problem document."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(document.get("detail"))
        self.problem = document


Outcome = Answer | Failure


def outcome(classify: Callable[[], Answer], source: str) -> Outcome:
    """The answer that `classify` gives, or the failure that it ends in: never an error."""
    try:
        return classify()
    except Declined as exc:
        return Failure(source, exc.problem)
    except MicrolensError as exc:
        # HTTP keeps the reasons of a 5xx to itself; here whoever asks is who can mend it.
        return Failure(source, {**problem(exc), "detail": str(exc)})


def as_document(outcomes: Sequence[Outcome], *, alone: bool) -> dict[str, Any]:
    """What JSON says of them, as over HTTP: the only one itself if `alone`, else `results`."""
    objects = [_as_object(each) for each in outcomes]
    return objects[0] if alone else {"results": objects}


def _as_object(result: Outcome) -> dict[str, Any]:
    if isinstance(result, Failure):
        return {**result.problem, "source": result.source}
    return result.model_dump(mode="json")
