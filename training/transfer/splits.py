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
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Split:
    """Pictures that are learned from and pictures that only measure; `by` says how, in words."""

    training: tuple[Sample, ...]
    held_out: tuple[Sample, ...]
    by: str


def split(survey: Survey, seed: int) -> Split:
    """A fifth of each class is held out; all of the validation folder, where there is one.

    Raises `Unusable` when groups leave a class without pictures on one of the sides.
    """
    if survey.held_out:
        return Split(survey.samples, survey.held_out, "the validation folder")
    samples, classes = survey.samples, len(survey.labels)
    wanted = len(samples) / FIFTHS
    best: Places | None = None
    for _, held_out in folds(samples, FIFTHS, seed):
        inside = np.isin(np.arange(len(samples)), held_out)
        sides = [
            {each.index for each, held in zip(samples, inside, strict=True) if held == side}
            for side in (True, False)
        ]
        if all(len(side) == classes for side in sides) and (
            best is None or abs(len(held_out) - wanted) < abs(len(best) - wanted)
        ):
            best = held_out
    if best is None:
        raise Unusable(_indivisible(survey))
    held = set(best.tolist())
    return Split(
        tuple(each for place, each in enumerate(samples) if place not in held),
        tuple(samples[place] for place in sorted(held)),
        f"a fifth of each class{', whole groups' if survey.grouped else ''}, seed {seed}",
    )


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
        else "the groups are too large to be parted"
    )
    return (
        f"no fifth of {survey.folder} can be held out: {what}. Give a folder of others with "
        "--validation"
    )
