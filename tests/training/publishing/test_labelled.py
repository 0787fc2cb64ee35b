"""A labelled folder: which folder is which class, and which of the pictures are used."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.errors import ModelError
from inference.recipe import Recipe
from tests.training.publishing.colours import LABELS, colour_picture, colour_pictures
from training.labelled import folder_names, read_labelled


def test_each_folder_is_the_class_of_its_name(pictures: Path) -> None:
    found = read_labelled(pictures, LABELS)

    assert [each.name for each in found.pictures[:2]] == ["red/0.png", "red/1.png"]
    assert [each.index for each in found.pictures] == [0] * 8 + [1] * 8 + [2] * 8 + [3] * 8
    assert found.pictures[0].pixels((16, 16), Recipe()).shape == (16, 16, 3)


@pytest.mark.parametrize(
    ("name", "label", "index"),
    [
        pytest.param("Tabby Cat", "tabby_cat", 1, id="capitals and a space"),
        pytest.param("1", "tabby cat", 1, id="the index"),
        pytest.param("001", "tabby cat", 1, id="the index with zeros"),
        pytest.param("7", "7", 1, id="a label that is a number"),
    ],
)
def test_a_folder_may_be_called_by_label_or_index(
    tmp_path: Path, name: str, label: str, index: int
) -> None:
    write(tmp_path / name / "a.png")

    [found] = read_labelled(tmp_path, ("dog", label)).pictures

    assert found.index == index


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("reds", "'reds' is named like none of the 4 labels; the nearest are 'red'"),
        ("4", "'4' is named like none of the 4 labels"),
    ],
)
def test_a_folder_of_no_class_is_refused_with_the_nearest(
    tmp_path: Path, name: str, words: str
) -> None:
    write(tmp_path / name / "a.png")

    with pytest.raises(ModelError, match=words):
        read_labelled(tmp_path, LABELS)


def test_a_label_that_two_classes_have_is_refused_and_the_index_taken(tmp_path: Path) -> None:
    labels = ("crane", "heron", "crane")
    write(tmp_path / "2" / "a.png")
    assert read_labelled(tmp_path, labels).pictures[0].index == 2
    write(tmp_path / "crane" / "a.png")

    with pytest.raises(ModelError, match="any of the classes 0, 2"):
        read_labelled(tmp_path, labels)


def test_files_that_are_no_pictures_are_named_and_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "red" / "a.png")
    (tmp_path / "red" / "notes.txt").write_text("no picture")
    (tmp_path / "red" / ".DS_Store").write_text("hidden")
    (tmp_path / ".git").mkdir()

    found = read_labelled(tmp_path, LABELS)

    assert [each.name for each in found.pictures] == ["red/a.png"]
    assert found.passed_over == ("red/notes.txt",)


@pytest.mark.parametrize("make", [False, True], ids=["no folder", "an empty one"])
def test_a_folder_without_pictures_is_refused(tmp_path: Path, make: bool) -> None:
    if make:
        (tmp_path / "pictures").mkdir()

    with pytest.raises(ModelError, match="pictures"):
        read_labelled(tmp_path / "pictures", LABELS)


def test_of_too_many_pictures_every_class_keeps_its_share(pictures: Path) -> None:
    found = read_labelled(pictures, LABELS, most=12)

    assert [each.index for each in found.pictures] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert found.found == 32
    assert found == read_labelled(pictures, LABELS, most=12)


def test_no_picture_both_calibrates_and_measures(pictures: Path) -> None:
    calibrating, measured = read_labelled(pictures, LABELS).split(10)

    assert len(calibrating) == 10
    assert {each.index for each in calibrating} == {0, 1, 2, 3}
    assert not {each.name for each in calibrating} & {each.name for each in measured}
    assert len(measured) == 22


def test_folders_are_named_in_the_order_of_keras(tmp_path: Path) -> None:
    colour_pictures(tmp_path / "p", each=1)

    assert folder_names(tmp_path / "p") == ("blue", "dark", "green", "red")
    assert folder_names(tmp_path / "absent") == ()


def write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(colour_picture("red", 0.9))
