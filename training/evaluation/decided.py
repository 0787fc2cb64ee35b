"""What a calibrated model decided, counted: whether its decisions are worth what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from training.evaluation.asking import Answered


@dataclass(frozen=True, slots=True)
class Decided:
    """Counts of pictures by decision, of those accepted and wrong, and of right labels in the sets.

    `coverage` is the share of right labels that was promised, 0 to 1.
    """

    pictures: int
    accept: int
    review: int
    unknown: int
    accepted_wrong: int
    covered: int
    coverage: float


def decided(answered: Sequence[Answered], labels: Sequence[str]) -> Decided | None:
    """The decisions about these pictures; None for a model without a calibration."""
    every = [(each, each.verdict) for each in answered if each.verdict]
    if not every:
        return None
    counts = Counter(verdict.decision for _, verdict in every)
    return Decided(
        pictures=len(every),
        accept=counts["accept"],
        review=counts["review"],
        unknown=counts["unknown"],
        accepted_wrong=sum(
            verdict.decision == "accept" and not each.is_right for each, verdict in every
        ),
        covered=sum(labels[each.truth] in verdict.labels for each, verdict in every),
        coverage=every[0][1].coverage,
    )
