"""Which pictures are learned from, and which are kept for measuring: by class, group and seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.transfer.folders import Unusable, naming
from training.transfer.survey import Sample, Survey

FIFTHS: Final = 5
FEWEST_FOLDS: Final = 2
_SHARES: Final = {FIFTHS: "a fifth", 4: "a quarter", 3: "a third", FEWEST_FOLDS: "half"}
"""What is held out, by folds: more where groups, or equal pictures, leave some class no fifth."""
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Split:
    """Pictures that are learned from and pictures that only measure; `by` says how, in words."""

    training: tuple[Sample, ...]
    held_out: tuple[Sample, ...]
    by: str


def split(survey: Survey, seed: int) -> Split:
    """A fifth of each class is held out; all of the validation folder, where there is one.

    Where no fifth has pictures of every class, because they are of too few groups, it is the next
    larger share that has. Raises `Unusable` when none has, or leaves none to learn from.
    """
    if survey.held_out:
        return Split(survey.samples, survey.held_out, "the validation folder")
    for count, share in _SHARES.items():
        held = _held_out(survey, count, seed)
        if held:
            return Split(
                tuple(each for place, each in enumerate(survey.samples) if place not in held),
                tuple(each for place, each in enumerate(survey.samples) if place in held),
                f"{share} of each class{', whole groups' if survey.grouped else ''}, seed {seed}",
            )
    raise Unusable(_indivisible(survey))


def _held_out(survey: Survey, count: int, seed: int) -> frozenset[int]:
    """Of `count` folds the one nearest to its share that leaves both sides every class, if any."""
    samples, classes = survey.samples, len(survey.labels)
    wanted = len(samples) / count
    best: Places | None = None
    for _, held_out in folds(samples, count, seed):
        inside = np.isin(np.arange(len(samples)), held_out)
        sides = [
            {each.index for each, held in zip(samples, inside, strict=True) if held == side}
            for side in (True, False)
        ]
        if all(len(side) == classes for side in sides) and (
            best is None or abs(len(held_out) - wanted) < abs(len(best) - wanted)
        ):
            best = held_out
    return frozenset(best.tolist()) if best is not None else frozenset()


def folds(samples: Sequence[Sample], count: int, seed: int) -> Iterator[tuple[Places, Places]]:
    """Up to `count` ways to part `samples` in two, stratified by class, groups kept whole.

    The first part of each holds every class; where groups leave no such way there is none.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    classes = np.array([each.index for each in samples])
    groups = np.array([each.group for each in samples])
    several = len(set(groups.tolist()))
    count = min(count, several, *Counter(classes.tolist()).values())
    if count < FEWEST_FOLDS:
        return
    if several == len(groups):
        parts = StratifiedKFold(count, shuffle=True, random_state=seed).split(classes, classes)
    else:  # it would do the same for groups of one, in a loop of Python
        whole = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
        parts = whole.split(classes, classes, groups)
    for inside, outside in parts:
        if len(outside) and set(classes[inside].tolist()) == set(classes.tolist()):
            yield inside, outside


def _indivisible(survey: Survey) -> str:
    groups: dict[int, set[int]] = {}
    for each in survey.samples:
        groups.setdefault(each.index, set()).add(each.group)
    whole = [survey.labels[index] for index, found in sorted(groups.items()) if len(found) < 2]
    what = (
        f"all pictures of {naming(whole)} belong together"
        if whole
        else "the groups cannot be parted so that each class lies on both sides"
    )
    return (
        f"no part of {survey.folder} can be held out: {what}. Give a folder of others with "
        "--validation"
    )
