"""The two halves: pictures that calibrate and pictures that measure, with nothing in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.evaluation.folder import BadFolder

Places = NDArray[np.intp]

_HALVES = 2


def halves(truth: Places, groups: Sequence[str] | None = None) -> tuple[Places, Places]:
    """Places of the pictures that calibrate and of those that measure: half of each class each.

    Pictures of one group are all on one side, for they are more like one another than like any
    that a service will see. Where a class has one picture only, chance decides alone. Raises
    `BadFolder` where groups leave no two halves.
    """
    if groups is not None:
        return _of_groups(truth, groups)
    from sklearn.model_selection import train_test_split

    even = min(Counter(truth.tolist()).values()) > 1
    first, second = train_test_split(
        np.arange(len(truth)), test_size=0.5, random_state=0, stratify=truth if even else None
    )
    return np.sort(first), np.sort(second)


def _of_groups(truth: Places, groups: Sequence[str]) -> tuple[Places, Places]:
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    if len(set(groups)) < _HALVES:
        raise BadFolder(
            f"all {len(groups):,} pictures are of one group, {groups[0]!r}: a second one is needed "
            "to measure on what did not calibrate"
        )
    even = min(Counter(truth.tolist()).values()) > 1
    kind = StratifiedGroupKFold if even else GroupKFold
    parts = kind(_HALVES, shuffle=True, random_state=0).split(truth, truth, groups)
    first, second = next(iter(parts))
    return np.sort(first), np.sort(second)
