"""A comparison: two models asked about the same pictures, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self

from inference.answers import ModelIdentity
from inference.errors import ModelError
from inference.plurals import counted
from training.evaluation.asking import Answered, Asked
from training.evaluation.figures import Share
from training.evaluation.paired import Paired, Verdict, interval, mcnemar, verdict

Kind = Literal["gained", "lost", "still_wrong"]
_ORDER: Final[Sequence[Kind]] = ("lost", "gained", "still_wrong")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: how the operator called it, which release it is, and its classes."""

    reference: str
    identity: ModelIdentity
    labels: Sequence[str]


@dataclass(frozen=True, slots=True)
class Changed:
    """A picture that got another answer: `lost` was right before, `gained` is right now."""

    kind: Kind
    first: Answered
    second: Answered

    @property
    def name(self) -> str:
        """The file below the labelled folder."""
        return self.first.name


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found; `broken` is what either could not decode, file → reason.

    `accuracies` are of the first and of the second, on the pictures that both answered; `changed`
    begins with those that were lost.
    """

    first: Side
    second: Side
    folder: Path
    data_sha256: str
    margin: float
    paired: Paired
    accuracies: tuple[Share, Share]
    changed: tuple[Changed, ...]
    broken: Mapping[str, str]

    @classmethod
    def of(
        cls, sides: tuple[Side, Side], asked: tuple[Asked, Asked], folder: Path, margin: float
    ) -> Self:
        """Pair what was asked of both, picture by picture.

        Raises `ModelError` when files changed between one and the other, and when both answered
        no picture at all.
        """
        first, second = asked
        if first.data_sha256 != second.data_sha256:
            raise ModelError(
                f"files in {folder} changed while the models were asked: compare them again"
            )
        others = {each.name: each for each in second.answered}
        pairs = [(each, others[each.name]) for each in first.answered if each.name in others]
        if not pairs:
            raise ModelError(f"no picture in {folder} was answered by both models")
        paired = count(pairs)
        return cls(
            *sides,
            folder=folder,
            data_sha256=first.data_sha256,
            margin=margin,
            paired=paired,
            accuracies=(
                Share.of_counts(paired.both + paired.only_first, paired.pictures),
                Share.of_counts(paired.both + paired.only_second, paired.pictures),
            ),
            changed=_changed(pairs, sides),
            broken={each.name: each.reason for each in (*second.broken, *first.broken)},
        )

    @property
    def verdict(self) -> Verdict:
        """What may be said of the second."""
        return verdict(self.paired, self.margin)

    @property
    def p(self) -> float:
        """McNemar's exact test."""
        return mcnemar(self.paired)

    @property
    def interval(self) -> tuple[float, float]:
        """Of the difference, 95 %."""
        return interval(self.paired)

    @property
    def summary(self) -> str:
        """The figures in one sentence."""
        (low, high), (first, second) = self.interval, self.accuracies
        changed = f"{self.paired.only_second:,} gained and {self.paired.only_first:,} lost"
        return (
            f"{second.value:.1%} of {counted(second.of, 'picture')} right against "
            f"{first.value:.1%}: {points(self.paired.difference)} points (95 % "
            f"{points(low)} to {points(high)}), {changed}, McNemar's p = {self.p:.2g}"
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the second is not to take over; none when it may."""
        match self.verdict:
            case "worse":
                return (f"it is worse than release {self._first}: {self.summary}",)
            case "undecided":
                what = f"whether it loses {self.most} or more against release {self._first}"
                return (f"{what} is undecided: {self.summary}; more pictures decide it",)
            case _:
                return ()

    @property
    def words(self) -> str:
        """The verdict as people say it."""
        match self.verdict:
            case "no_worse":
                return f"no worse, within {self.most}"
            case other:
                return other

    @property
    def most(self) -> str:
        """What the second may lose, in points."""
        return f"{self.margin * 100:g} {'point' if self.margin == 0.01 else 'points'}"

    @property
    def _first(self) -> str:
        return self.first.identity.release[:12]


def count(pairs: Sequence[tuple[Answered, Answered]]) -> Paired:
    """Who is right, counted."""
    right = [(first.is_right, second.is_right) for first, second in pairs]
    return Paired(
        both=right.count((True, True)),
        only_first=right.count((True, False)),
        only_second=right.count((False, True)),
        neither=right.count((False, False)),
    )


def points(share: float) -> str:
    """A difference of shares in points, with its sign."""
    return f"{share * 100:+.1f}".replace("-", "−")


def _changed(
    pairs: Sequence[tuple[Answered, Answered]], sides: tuple[Side, Side]
) -> tuple[Changed, ...]:
    """The pictures with another answer, what was lost first, the surest first within each kind."""
    changed = []
    for first, second in pairs:
        same = sides[0].labels[first.answer] == sides[1].labels[second.answer]
        if (first.is_right and second.is_right) or (same and not first.is_right):
            continue
        kind: Kind = "lost" if first.is_right else "gained" if second.is_right else "still_wrong"
        changed.append(Changed(kind, first, second))
    return tuple(
        sorted(changed, key=lambda each: (_ORDER.index(each.kind), -each.second.score, each.name))
    )
