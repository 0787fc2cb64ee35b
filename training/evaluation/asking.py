"""Asking a model about labelled pictures, and what comes of each of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final, Protocol

from inference.answers import Answer, ModelIdentity, Verdict
from inference.errors import CallerError, OperatorError
from inference.manifest import Accuracy
from inference.sources import Fetched
from training.evaluation.folder import file_digest, read
from training.labelled import LabelledPicture
from training.photos import digest_of

TOP: Final = 5
"""So many answers are asked for: the largest k of the top-k accuracies."""


class Subject(Protocol):
    """What is measured: a model in this process, or one behind a service."""

    @property
    def text(self) -> str:
        """What the operator called it."""

    @property
    def identity(self) -> ModelIdentity:
        """Which model it is."""

    @property
    def labels(self) -> Sequence[str]:
        """Its classes."""

    @property
    def accuracy(self) -> Accuracy | None:
        """What its manifest says of it, where that can be read."""

    @property
    def at_once(self) -> int:
        """How many pictures it is to be asked about at once."""

    @property
    def max_bytes(self) -> int:
        """The largest file that is read for it."""

    def ask(self, picture: Fetched) -> Answer:
        """Its `TOP` best answers.

        Raises `CallerError` when the picture is at fault, `OperatorError` when it is itself.
        """


@dataclass(frozen=True, slots=True)
class Answered:
    """A picture with its answer: `ranked` are (class, score), best first, `TOP` at most.

    `verdict` is what a calibrated model makes of it.
    """

    picture: LabelledPicture
    sha256: bytes
    ranked: tuple[tuple[int, float], ...]
    milliseconds: float
    verdict: Verdict | None = None

    @property
    def name(self) -> str:
        """The file below the labelled folder."""
        return self.picture.name

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self.picture.path

    @property
    def truth(self) -> int:
        """The class that it is of."""
        return self.picture.index

    @property
    def answer(self) -> int:
        """The class that the model says."""
        return self.ranked[0][0]

    @property
    def score(self) -> float:
        """How sure it is of that."""
        return self.ranked[0][1]

    @property
    def is_right(self) -> bool:
        """Whether it says what is true."""
        return self.answer == self.truth


@dataclass(frozen=True, slots=True)
class Broken:
    """A file without an answer, through its own fault."""

    name: str
    sha256: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of the pictures, sorted by name.

    `found` counts all in the folder: more than the others together when it was stopped.
    `seconds` is how long it all took, `at_once` how many were worked on at a time.
    """

    answered: tuple[Answered, ...]
    broken: tuple[Broken, ...]
    found: int
    seconds: float
    at_once: int

    @property
    def is_whole(self) -> bool:
        """Whether every picture had its turn."""
        return len(self.answered) + len(self.broken) == self.found

    @property
    def data_sha256(self) -> str:
        """The digest of all pictures that had their turn, broken ones among them."""
        every: list[Answered | Broken] = [*self.answered, *self.broken]
        return digest_of((each.name, each.sha256) for each in every)


Each = Callable[[LabelledPicture], Answered | Broken]


def asker(subject: Subject) -> Each:
    """Asks `subject` about one picture; safe to use from several threads where `subject` is.

    Raises `OperatorError` when the model, and not the picture, is at fault, and when another
    model answers than at the beginning.
    """
    release = subject.identity.release

    def ask(picture: LabelledPicture) -> Answered | Broken:
        try:
            data = read(picture, subject.max_bytes)
        except OSError as exc:
            return Broken(picture.name, b"", f"cannot be read: {exc.strerror}")
        is_whole = len(data) <= subject.max_bytes
        digest = hashlib.sha256(data).digest() if is_whole else file_digest(picture.path)
        start = perf_counter()
        try:
            answer = subject.ask(Fetched(data, picture.name, 0.0))
        except CallerError as exc:
            return Broken(picture.name, digest, str(exc))
        took = (perf_counter() - start) * 1e3
        if answer.model.release != release:
            raise OperatorError(
                f"{subject.text} answered with release {release[:12]} first and now with "
                f"{answer.model.release[:12]}: measure it again, when it has come to rest"
            )
        ranked = tuple((each.index, each.score) for each in answer.predictions)
        return Answered(picture, digest, ranked, took, _verdict(answer))

    return ask


def _verdict(answer: Answer) -> Verdict | None:
    if answer.decision is None or answer.labels is None or answer.coverage is None:
        return None
    return Verdict(decision=answer.decision, labels=answer.labels, coverage=answer.coverage)


def gathered(
    outcomes: Iterable[Answered | Broken], found: int, seconds: float, at_once: int
) -> Asked:
    """The outcomes in order of name."""
    every = sorted(outcomes, key=lambda each: each.name)
    answered = tuple(each for each in every if isinstance(each, Answered))
    broken = tuple(each for each in every if isinstance(each, Broken))
    return Asked(answered, broken, found, seconds, at_once)
