"""Which pictures belong together: said by a CSV, by names, or by being the same picture."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from tests.training.transfer.test_folders import put, two_classes
from training.transfer.folders import Unusable
from training.transfer.grouping import ALONE, Together, groups_from_csv, groups_from_names
from training.transfer.survey import Survey, look


def seen(folder: Path, validation: Path | None = None, together: Together = ALONE) -> Survey:
    """What lies there."""
    return look(folder, validation, together, lambda *_: None)


def test_a_csv_names_the_group_of_each_picture(tmp_path: Path) -> None:
    file = tmp_path / "groups.csv"
    file.write_text(
        "\ufeffpicture,camera,group\ncat/a.png,x,1\ncat/b.png,y, 2 \n", encoding="utf-8"
    )

    assert groups_from_csv(file, ["cat/b.png", "cat/a.png"]) == ["2", "1"]


def test_a_csv_may_come_from_a_spreadsheet_and_from_another_file_system(tmp_path: Path) -> None:
    file = tmp_path / "groups.csv"
    apart, composed = (
        unicodedata.normalize(form, "B\u00e4r/m\u00fcde 1.JPG") for form in ("NFD", "NFC")
    )
    file.write_bytes(f"picture,group\r\n{apart},p1\r\ncat/a.png,p2\r\n,\r\n,\r\n".encode())

    assert groups_from_csv(file, [composed, "cat/a.png"]) == ["p1", "p2"]
    assert groups_from_csv(file, [apart]) == ["p1"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name,group\ncat/a.png,1\n", "it names the columns picture,group"),
        (b"picture,group\ncat/b.png,1\n", "no group for 1 of 1 pictures: cat/a.png"),
        (b"picture,group\ncat/a.png, \n", "no group for 1 of 1 pictures: cat/a.png"),
        (b"", "it names the columns picture,group"),
        (b"picture,group\n\xff\xfe,1\n", "cannot be read as CSV"),
        (
            b"picture,group\ncat/a.png,p1\ncat/b.png,p1\ncat/a.png,p2\n",
            "names 1 picture more than once: cat/a.png; cat/a.png is in the groups p1 and p2",
        ),
    ],
    ids=[
        "other columns",
        "a picture is missing",
        "a group is missing",
        "empty",
        "no UTF-8",
        "a picture twice",
    ],
)
def test_a_wrong_csv_is_told_with_what_it_should_hold(
    content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / "groups.csv").write_bytes(content)

    with pytest.raises(Unusable, match=words):
        groups_from_csv(tmp_path / "groups.csv", ["cat/a.png"])


def test_a_pattern_finds_the_group_in_the_name() -> None:
    pattern = re.compile(r"(patient\d+)")

    assert groups_from_names(pattern, ["a/patient1-x.png", "b/patient12-y.png"]) == [
        "patient1",
        "patient12",
    ]


def test_a_pattern_that_finds_nothing_but_an_empty_group_is_refused() -> None:
    with pytest.raises(Unusable, match=r"finds no group in 1 of 2 names: b/x\.png"):
        groups_from_names(re.compile(r"/(patient\d+)?"), ["a/patient1.png", "b/x.png"])


def test_folders_below_a_class_are_groups_where_a_pattern_says_so(tmp_path: Path) -> None:
    put(tmp_path, *(f"cat/p{number // 2}/{number}.png" for number in range(6)))
    put(tmp_path, *(f"dog/p{number // 2}/{number}.png" for number in range(6)), first=50)

    found = seen(tmp_path, together=Together(pattern=re.compile("[^/]+/([^/]+)/")))

    assert found.grouped
    assert len({each.group for each in found.samples}) == 3
    assert [each.group for each in found.samples[:4]] == [0, 0, 2, 2]


def test_the_same_picture_twice_is_named_and_stays_on_one_side(tmp_path: Path) -> None:
    two_classes(tmp_path)
    (tmp_path / "cat" / "copy.png").write_bytes((tmp_path / "cat" / "0.png").read_bytes())

    found = seen(tmp_path)

    assert found.remarks == (
        "the same picture more than once, kept on one side: cat/0.png, cat/copy.png",
    )
    groups = {each.picture.name: each.group for each in found.samples}
    assert groups["cat/0.png"] == groups["cat/copy.png"]
    assert len(set(groups.values())) == len(groups) - 1


def test_the_same_picture_in_two_classes_is_named_first(tmp_path: Path) -> None:
    two_classes(tmp_path)
    (tmp_path / "cat" / "copy.png").write_bytes((tmp_path / "cat" / "0.png").read_bytes())
    (tmp_path / "dog" / "copy.png").write_bytes((tmp_path / "cat" / "1.png").read_bytes())

    found = seen(tmp_path)

    assert found.remarks[0] == (
        "the same picture in several classes, cat, dog: cat/1.png, dog/copy.png"
    )


def test_what_lies_in_the_validation_folder_too_is_not_learned_from(tmp_path: Path) -> None:
    two_classes(tmp_path / "train")
    put(tmp_path / "apart", "cat/new.png", first=500)
    (tmp_path / "apart" / "cat" / "old.png").write_bytes(
        (tmp_path / "train" / "cat" / "3.png").read_bytes()
    )

    found = seen(tmp_path / "train", tmp_path / "apart")

    assert [each.picture.name for each in found.held_out] == ["cat/new.png", "cat/old.png"]
    assert "cat/3.png" not in {each.picture.name for each in found.samples}
    assert len(found.samples) == 11
    assert found.remarks == (
        "the same picture in both folders, not learned from: cat/3.png, cat/old.png",
    )


def test_a_validation_folder_with_other_classes_is_refused(tmp_path: Path) -> None:
    two_classes(tmp_path / "train")
    put(tmp_path / "apart", "horse/new.png", first=500)

    with pytest.raises(Unusable, match="classes that are not trained: horse"):
        seen(tmp_path / "train", tmp_path / "apart")
