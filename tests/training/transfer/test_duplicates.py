"""The same picture under another name, in another size or format; and pictures merely alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.costs import within
from training.labelled import LabelledPicture
from training.transfer.duplicates import Sets, same_pictures
from training.transfer.fingerprints import Broken, Fingerprint, fingerprint, fingerprints
from training.transfer.folders import list_classes


def grey_of(folder: Path, image: Image.Image, name: str, **options: Any) -> Fingerprint:
    """The fingerprint of `image`, saved as `name`."""
    image.save(folder / name, **options)
    found = fingerprint(LabelledPicture(name, folder / name, 0))
    assert isinstance(found, Fingerprint)
    return found


def test_a_picture_saved_again_in_another_size_and_format_is_the_same(
    tmp_path: Path, chelsea: Path, coffee: Path
) -> None:
    cat = Image.open(chelsea).convert("RGB")
    prints = [
        grey_of(tmp_path, cat, "cat.png"),
        grey_of(tmp_path, Image.open(coffee).convert("RGB"), "coffee.png"),
        grey_of(tmp_path, cat.resize((150, 100)), "small.png"),
        grey_of(tmp_path, cat, "cat.jpg", quality=40),
    ]

    assert same_pictures(np.stack([each.grey for each in prints])) == [(0, 2, 3)]
    assert len({each.sha256 for each in prints}) == 4


def test_another_part_of_a_picture_is_another_picture(tmp_path: Path, chelsea: Path) -> None:
    cat = Image.open(chelsea).convert("RGB")
    parts = [
        grey_of(tmp_path, cat.crop((0, 0, 300, 300)), "left.png"),
        grey_of(tmp_path, cat.crop((60, 0, 360, 300)), "right.png"),
    ]

    assert same_pictures(np.stack([each.grey for each in parts])) == []


def test_handwritten_digits_are_all_different_though_hundreds_are_alike(digits: Path) -> None:
    found = list(fingerprints(list_classes(digits).pictures, lambda _: None))

    prints = [each for each in found if isinstance(each, Fingerprint)]
    assert len(prints) == len(found) == 1797
    assert same_pictures(np.stack([each.grey for each in prints])) == []


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"text"], ids=["empty", "jpeg", "text"])
def test_what_is_no_picture_has_a_reason_in_place_of_a_fingerprint(
    content: bytes, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(content)

    found = fingerprint(LabelledPicture("a", tmp_path / "a", 0))

    assert isinstance(found, Broken)
    assert found.reason
    assert not found.unreadable


def test_a_file_that_cannot_be_read_is_told_from_one_that_is_broken(tmp_path: Path) -> None:
    found = fingerprint(LabelledPicture("gone", tmp_path / "gone", 0))

    assert isinstance(found, Broken)
    assert found.unreadable


def test_thousands_of_black_frames_are_one_set_at_once() -> None:
    frames = np.zeros((3_000, 16, 17), np.uint8)
    frames[:, 0, 0] = np.arange(3_000) % 4
    frames[1_000] = np.random.default_rng(0).integers(0, 256, (16, 17), np.uint8)

    found = within(10, same_pictures, frames)  # pair by pair it takes some thirty

    assert found == [tuple(number for number in range(3_000) if number != 1_000)]


def test_a_chain_of_likenesses_makes_one_set() -> None:
    sets = Sets(6)
    sets.join(4, 2)
    sets.join_all([5, 4])
    sets.join(0, 1)

    assert sets.of_several() == [(0, 1), (2, 4, 5)]
