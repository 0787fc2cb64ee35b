"""Files and folders that a publisher names become one folder with one model."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.errors import ModelError, UnreadableModel
from training.gathering import gather, is_bundle


def write(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def names(folder: Path) -> set[str]:
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param(
            ["model.keras", "labels.txt", "recipe.json", "train.py", "photos/cat/1.jpg"],
            {"model.keras", "labels.txt", "recipe.json"},
            id="a folder with other things in it",
        ),
        pytest.param(
            ["architecture.json", "weights.h5", "classes.txt"],
            {"architecture.json", "weights.h5", "labels.txt"},
            id="labels under another name",
        ),
        pytest.param(
            ["saved_model/saved_model.pb", "saved_model/variables/variables.index"],
            {"saved_model/saved_model.pb", "saved_model/variables/variables.index"},
            id="a SavedModel in its folder",
        ),
    ],
)
def test_the_model_is_taken_out_of_a_folder(
    tmp_path: Path, given: list[str], kept: set[str]
) -> None:
    gather([write(tmp_path / "from", *given)], tmp_path / "to")

    assert names(tmp_path / "to") == kept


def test_files_may_be_named_one_by_one(tmp_path: Path) -> None:
    source = write(tmp_path / "a", "model.json", "w.h5")

    gather([source / "model.json", source / "w.h5"], tmp_path / "to")

    assert names(tmp_path / "to") == {"model.json", "w.h5"}


def test_the_folder_of_a_saved_model_may_be_named_itself(tmp_path: Path) -> None:
    source = write(tmp_path / "export", "saved_model.pb", "variables/variables.index")

    gather([source], tmp_path / "to")

    assert names(tmp_path / "to") == {
        "saved_model/saved_model.pb",
        "saved_model/variables/variables.index",
    }


def test_labels_that_are_named_win_over_those_beside_the_model(tmp_path: Path) -> None:
    source = write(tmp_path / "a", "model.keras", "labels.txt")
    (tmp_path / "other.txt").write_text("mine")

    gather([source], tmp_path / "to", tmp_path / "other.txt")

    assert (tmp_path / "to" / "labels.txt").read_text() == "mine"


def test_a_folder_without_a_model_is_refused_with_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(UnreadableModel, match=r"no model among the files \(nothing\)"):
        gather([tmp_path / "empty"], tmp_path / "to")
    with pytest.raises(UnreadableModel, match=r"'m\.pkl' is no Keras model"):
        gather([write(tmp_path / "a", "m.pkl")], tmp_path / "to")


def test_two_files_of_one_name_and_files_that_are_not_there_are_refused(tmp_path: Path) -> None:
    one, two = write(tmp_path / "a", "model.keras"), write(tmp_path / "b", "model.keras")

    with pytest.raises(ModelError, match="have the same name"):
        gather([one, two], tmp_path / "to")
    with pytest.raises(ModelError, match="does not exist"):
        gather([tmp_path / "absent"], tmp_path / "to")


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ('{"format": 1, "loader": "litert"}', True),
        ('{"class_name": "Sequential", "config": {}}', False),
        ("no JSON", False),
    ],
)
def test_a_bundle_is_told_from_an_architecture_of_the_same_name(
    tmp_path: Path, content: str, answer: bool
) -> None:
    (tmp_path / "model.json").write_text(content)

    assert is_bundle([tmp_path]) is answer
    assert not is_bundle([tmp_path / "model.json"])


def test_what_an_operator_names_may_be_a_link(tmp_path: Path) -> None:
    source = write(tmp_path / "a", "model.keras", "names.txt")
    (tmp_path / "linked").symlink_to(source)
    (tmp_path / "labels.txt").symlink_to(source / "names.txt")
    (tmp_path / "m.keras").symlink_to(source / "model.keras")

    gather([tmp_path / "linked"], tmp_path / "one", tmp_path / "labels.txt")
    gather([tmp_path / "m.keras", tmp_path / "labels.txt"], tmp_path / "two")

    assert names(tmp_path / "one") == {"model.keras", "labels.txt"}
    assert (tmp_path / "two" / "labels.txt").read_text() == "names.txt"
    assert not [each for each in tmp_path.glob("[ot]*/*") if each.is_symlink()]


@pytest.mark.parametrize("name", ["labels.txt", "model.keras", "recipe.json"])
def test_a_link_in_a_folder_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    source = write(tmp_path / "a", "model.keras", "labels.txt")
    (source / name).unlink(missing_ok=True)
    (tmp_path / "secret").write_text("secret")
    (source / name).symlink_to(tmp_path / "secret")

    with pytest.raises(ModelError, match=rf"/a/{name} is a link, .*: put the file itself there"):
        gather([source], tmp_path / "to")


def test_a_link_that_is_no_part_of_the_model_is_nobodys_business(tmp_path: Path) -> None:
    source = write(tmp_path / "a", "model.keras")
    (source / "data").symlink_to(tmp_path)

    gather([source], tmp_path / "to")

    assert names(tmp_path / "to") == {"model.keras"}
