"""Which pictures calibrate: those that were held out, where that can be found out."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.manifest import Accuracy
from training.calibration.unlearned import SEEDS, unlearned
from training.evaluation.folder import pictures_of
from training.evaluation.suspicion import suspicion
from training.labelled import LabelledPicture
from training.photos import digest
from training.transfer.grouping import ALONE, Together
from training.transfer.splits import Split, split
from training.transfer.survey import look

LABELS = ("noise", "stripes")
AS_MANY = (
    "its accuracy was measured on 8 pictures, a fifth of as many as these: if it learned from this "
    "folder (with groups, another seed, or other pictures in it), it is less sure of others than "
    "this calibration says"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of 20 pictures."""
    place = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for label in LABELS:
        (place / label).mkdir()
        for number in range(20):
            pixels = rng.integers(0, 256, (24, 24), np.uint8)
            if label == "stripes":
                pixels[number % 5 :: 3] = 255
            Image.fromarray(pixels).save(place / label / f"{number}.png")
    return place


def accuracy(pictures: list[LabelledPicture], top1: float = 0.9) -> Accuracy:
    return Accuracy(top1=top1, pictures=len(pictures), data_sha256=digest(pictures))


def trained(folder: Path, seed: int, together: Together = ALONE) -> Split:
    return split(look(folder, None, together, lambda _done, _of: None), seed)


@pytest.mark.parametrize("seed", [0, SEEDS - 1])
def test_the_fifth_that_training_held_out_is_found_again(folder: Path, seed: int) -> None:
    held_out = [each.picture for each in trained(folder, seed).held_out]

    found, remark = unlearned(folder, pictures_of(folder, LABELS), LABELS, accuracy(held_out))

    assert {each.name for each in found} == {each.name for each in held_out}
    assert remark is not None
    assert "8 of 40 pictures: the part of this folder that was held out" in remark
    assert f"seed {seed}" in remark


def test_a_larger_part_is_found_again_with_the_groups_that_training_had(folder: Path) -> None:
    together = Together(pattern=re.compile(r"/(\d)"))
    held_out = trained(folder, 0, together).held_out

    found, _ = unlearned(
        folder,
        pictures_of(folder, LABELS),
        LABELS,
        accuracy([each.picture for each in held_out]),
        together,
    )

    assert {each.name for each in found} == {each.picture.name for each in held_out}
    assert not 0.18 < len(found) / 40 < 0.22


def everything(folder: Path) -> Accuracy | None:
    return accuracy(pictures_of(folder, LABELS))


def another_seed(folder: Path) -> Accuracy | None:
    return accuracy([each.picture for each in trained(folder, SEEDS + 1).held_out])


def nothing_known(folder: Path) -> Accuracy | None:
    assert folder.is_dir()
    return None


def of_many_more(folder: Path) -> Accuracy | None:
    return accuracy(pictures_of(folder, LABELS)).model_copy(
        update={"pictures": 1_000, "data_sha256": "0" * 64}
    )


@pytest.mark.parametrize(
    ("known", "remark"),
    [
        (everything, "these are the pictures that its accuracy was measured on"),
        (another_seed, AS_MANY),
        (nothing_known, None),
        (of_many_more, None),
    ],
)
def test_any_other_folder_is_taken_whole(
    folder: Path, known: Callable[[Path], Accuracy | None], remark: str | None
) -> None:
    pictures = pictures_of(folder, LABELS)

    found, said = unlearned(folder, pictures, LABELS, known(folder))

    assert (found, said) == (pictures, remark)


@pytest.mark.parametrize(
    ("right", "of", "top1", "doubted"),
    [
        pytest.param(1_000, 1_000, 0.9, True, id="all of a thousand"),
        pytest.param(20, 20, 0.9, False, id="all of twenty"),
        pytest.param(910, 1_000, 0.9, False, id="a little more often"),
        pytest.param(500, 1_000, 0.9, False, id="less often"),
        pytest.param(1_000, 1_000, 1.0, False, id="as often as ever"),
    ],
)
def test_a_model_that_is_right_too_often_is_doubted(
    right: int, of: int, top1: float, doubted: bool
) -> None:
    known = Accuracy(top1=top1, pictures=100, data_sha256="0" * 64)

    assert (suspicion(right, of, known) is not None) == doubted
    assert suspicion(right, of, None) is None
