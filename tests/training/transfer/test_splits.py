"""What is held out: a fifth of each class, whole groups, the same for the same seed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from training.labelled import LabelledPicture
from training.transfer.fingerprints import Fingerprint
from training.transfer.folders import Unusable
from training.transfer.splits import Split, folds, split
from training.transfer.survey import Sample, Survey

GREY = np.zeros((16, 17), np.uint8)


def sample(number: int, index: int, group: int | None = None) -> Sample:
    """A picture that need not exist to be split."""
    name = f"{index}/{number}.png"
    print_ = Fingerprint(f"{number:064x}", (8, 8), GREY)
    return Sample(
        LabelledPicture(name, Path(name), index), print_, number if group is None else group
    )


def survey(samples: list[Sample], classes: int, held_out: tuple[Sample, ...] = ()) -> Survey:
    """A survey that found these."""
    labels = tuple(f"class {index}" for index in range(classes))
    return Survey(Path("pictures"), labels, tuple(samples), held_out, grouped=True)


def names(samples: tuple[Sample, ...]) -> list[str]:
    return [each.picture.name for each in samples]


@pytest.mark.parametrize("counts", [(5, 5), (8, 8, 8, 8, 8), (100, 30), (6, 200)])
def test_a_fifth_of_every_class_is_held_out(counts: tuple[int, ...]) -> None:
    samples = [
        sample(1000 * index + number, index)
        for index, count in enumerate(counts)
        for number in range(count)
    ]

    found = split(survey(samples, len(counts)), seed=3)

    held = Counter(each.index for each in found.held_out)
    for index, count in enumerate(counts):
        assert abs(held[index] - count / 5) < 1
    assert sorted(names(found.training) + names(found.held_out)) == sorted(names(tuple(samples)))


def test_the_same_seed_holds_the_same_pictures_out_and_another_seed_others() -> None:
    samples = [sample(number, number % 2) for number in range(60)]

    def held(seed: int) -> list[str]:
        return names(split(survey(samples, 2), seed).held_out)

    assert held(1) == held(1)
    assert held(1) != held(2)


@settings(max_examples=30)
@given(
    groups=st.lists(st.integers(0, 9), min_size=24, max_size=60),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_group_lies_on_one_side_and_every_class_on_both(groups: list[int], seed: int) -> None:
    samples = [sample(number, number % 2, group) for number, group in enumerate(groups)]

    try:
        found = split(survey(samples, 2), seed)
    except Unusable:
        event("indivisible")
        return

    sides = [{each.group for each in side} for side in (found.training, found.held_out)]
    assert not sides[0] & sides[1]
    for side in (found.training, found.held_out):
        assert {each.index for each in side} == {0, 1}


@pytest.mark.parametrize(
    ("groups", "share"), [(5, "a fifth"), (4, "a quarter"), (3, "a third"), (2, "half")]
)
def test_few_groups_hold_the_next_larger_share_out(groups: int, share: str) -> None:
    samples = [
        sample(100 * index + number, index, 100 * index + number % groups)
        for index in range(40)
        for number in range(60)
    ]

    found = split(survey(samples, 40), seed=0)

    assert found.by == f"{share} of each class, whole groups, seed 0"
    assert set(Counter(each.index for each in found.held_out).values()) == {60 // groups}


def test_copies_in_small_classes_leave_a_part_to_hold_out() -> None:
    pairs = [(index, 10 * index + max(number, 1)) for index in range(60) for number in range(5)]
    samples = [sample(place, index, group) for place, (index, group) in enumerate(pairs)]

    found = split(survey(samples, 60), seed=0)

    assert found.by.startswith("a quarter of each class")
    assert {each.index for each in found.held_out} == set(range(60))


def test_a_class_that_is_one_group_is_named() -> None:
    samples = [sample(number, 0, number) for number in range(10)]
    samples += [sample(100 + number, 1, 100) for number in range(10)]

    with pytest.raises(Unusable, match="all pictures of class 1 belong together"):
        split(survey(samples, 2), seed=0)


def test_a_validation_folder_is_held_out_whole() -> None:
    samples = [sample(number, number % 2) for number in range(6)]
    apart = (sample(100, 0), sample(101, 0))

    found = split(survey(samples, 2, apart), seed=0)

    assert found == Split(tuple(samples), apart, "the validation folder")


def test_folds_hold_every_picture_out_once() -> None:
    samples = [sample(number, number % 3) for number in range(9)]

    parts = list(folds(samples, 5, seed=0))

    assert len(parts) == 3  # a class of three cannot be parted more often
    assert sorted(np.concatenate([outside for _, outside in parts])) == list(range(9))
