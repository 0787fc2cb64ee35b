"""The two halves: all classes in both, and pictures that belong together in one of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.calibration.halves import halves
from training.evaluation.folder import BadFolder


@given(st.integers(2, 6), st.integers(2, 60))
def test_every_picture_is_in_one_half_and_each_class_in_both(classes: int, each: int) -> None:
    truth = np.arange(classes * each) % classes

    first, second = halves(truth)

    assert sorted([*first.tolist(), *second.tolist()]) == list(range(len(truth)))
    assert abs(len(first) - len(second)) <= 1
    for places in (first, second):
        counts = np.bincount(truth[places], minlength=classes)
        assert counts.max() - counts.min() <= 1


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=2, max_size=80))
def test_a_group_is_never_in_both_halves(pictures: list[tuple[int, int]]) -> None:
    truth = np.array([label for label, _ in pictures])
    groups = [f"patient {group}" for _, group in pictures]
    if len(set(groups)) < 2:
        with pytest.raises(BadFolder, match="are of one group, 'patient"):
            halves(truth, groups)
        return

    first, second = ({groups[place] for place in each} for each in halves(truth, groups))

    assert first
    assert second
    assert not first & second
    assert first | second == set(groups)


def test_groups_leave_halves_of_about_the_same_classes() -> None:
    truth = np.tile([0, 0, 1, 1, 2, 2], 20)
    groups = [str(place // 6) for place in range(120)]

    sides = [np.bincount(truth[places]).tolist() for places in halves(truth, groups)]

    assert sides == [[20, 20, 20], [20, 20, 20]]
