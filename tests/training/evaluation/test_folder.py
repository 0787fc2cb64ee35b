"""A folder that nothing can be measured on is refused with one sentence, by names where they do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.inference.tiny import COLOURS
from tests.training.evaluation.answers import noisy_colours
from training.evaluation.folder import BadFolder, folder_digest, pictures_of, read
from training.photos import digest


def files(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("no picture")


def folders(root: Path, *names: str) -> None:
    for name in names:
        (root / name).mkdir(parents=True)


BAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty": (lambda _: None, "holds nothing"),
    "files and no folder": (lambda root: files(root, "a.png", "b.png"), "2 files and no folder"),
    "one class": (lambda root: files(root, "red/a.png"), "holds one class, red"),
    "one level too deep": (
        lambda root: files(root, "all/red/a.png", "all/green/a.png"),
        "one folder, all, with 2 folders in it, such as green",
    ),
    "a split": (lambda root: files(root, "train/red/a.png", "test/red/a.png"), "that is a split"),
    "empty classes": (lambda root: folders(root, "red", "green"), "no file lies in green, red"),
    "no label": (
        lambda root: files(root, "red/a.png", "gren/a.png"),
        "'gren' is named like none of the 3 labels; the nearest are 'green'",
    ),
    "no picture": (
        lambda root: files(root, "red/a.png", "green/a.png"),
        "none of the 2 files in .* can be decoded",
    ),
    "10,000 classes": (
        lambda root: folders(root, *(f"class {number}" for number in range(1_001))),
        "holds 1,001 folders; at most 1,000 classes",
    ),
}


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
def test_a_bad_folder_is_refused(
    make: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    make(tmp_path)

    with pytest.raises(BadFolder, match=message):
        pictures_of(tmp_path, COLOURS)


def test_pictures_come_mixed_and_always_in_the_same_order(tmp_path: Path) -> None:
    folder = noisy_colours(tmp_path / "colours", 12, 0.1)

    order = [each.name for each in pictures_of(folder, COLOURS)]
    assert order == [each.name for each in pictures_of(folder, COLOURS)]
    assert {name.partition("/")[0] for name in order[:12]} == set(COLOURS)
    assert sorted(order) != order


def test_the_digest_of_a_folder_is_that_of_its_pictures(tmp_path: Path) -> None:
    folder = noisy_colours(tmp_path / "colours", 2, 0.1)
    files(folder, "red/.hidden", ".cache/a.png", "notes.txt")

    assert folder_digest(folder) == digest(pictures_of(folder, COLOURS))
    files(folder, "red/more.png")
    assert folder_digest(folder) == digest(pictures_of(folder, COLOURS))


def test_of_a_huge_file_no_more_is_read_than_is_needed_to_refuse_it(tmp_path: Path) -> None:
    folder = noisy_colours(tmp_path / "colours", 1, 0.1)
    picture = pictures_of(folder, COLOURS)[0]

    assert len(read(picture, 10)) == 11
