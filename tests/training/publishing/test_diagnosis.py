"""The doctor finds the recipe that the network was made for, and says when it cannot."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from inference.errors import ModelError
from tests.training.publishing.colours import LABELS, colour_pictures
from training.diagnosis import Diagnosis
from training.doctor import Checkup, check_up
from training.jobs import run
from training.labelled import read_labelled

pytestmark = pytest.mark.tensorflow


def checked(folder: Path, pictures: Path | None, labels: Path | None = None) -> Checkup:
    return check_up([folder], labels, pictures, None, run, lambda _: None)


def diagnosed(folder: Path, pictures: Path | None) -> Diagnosis:
    found = checked(folder, pictures).diagnosis
    assert found is not None
    return found


def test_the_recipe_is_found_with_figures(lite_folder: Path, pictures: Path) -> None:
    found = diagnosed(lite_folder, pictures)

    assert found.recipe is not None
    assert found.recipe.name == "0-1/squash/bilinear"
    assert found.scalings[0].named.scaling == "0-1"
    assert found.scalings[0].accuracy == 1.0
    assert found.sure > 0.99
    assert found.sentences[0].startswith("the scaling is 0-1: 100.0% of 32 pictures right")
    assert (
        "squash/bilinear is taken, 100.0% right; these pictures cannot tell it from"
        in (found.sentences[1])
    )
    assert len(found.framings) == 9


def test_too_few_pictures_cannot_tell_recipes_apart(lite_folder: Path, tmp_path: Path) -> None:
    few = colour_pictures(tmp_path / "few", each=1)

    found = diagnosed(lite_folder, few)

    assert found.recipe is None
    assert "4 pictures" in found.sentences[0]


def test_pictures_under_the_wrong_labels_are_no_better_than_luck(
    lite_folder: Path, pictures: Path, tmp_path: Path
) -> None:
    turned = tmp_path / "turned"
    for label, other in zip(LABELS, (*LABELS[1:], LABELS[0]), strict=True):
        shutil.copytree(pictures / label, turned / other)

    found = diagnosed(lite_folder, turned)

    assert found.recipe is None
    assert "more often than luck" in found.sentences[0]
    assert "labels in the order of the output" in found.sentences[0]


def test_what_is_missing_is_named_and_a_recipe_found_makes_up_for_it(
    lite_folder: Path, pictures: Path
) -> None:
    (lite_folder / "recipe.json").unlink()

    assert checked(lite_folder, pictures).missing == ("recipe.json",)
    assert checked(lite_folder, pictures).ready
    assert not checked(lite_folder, None).ready


def test_without_labels_the_folders_are_tried_in_the_order_of_keras(
    lite_folder: Path, pictures: Path
) -> None:
    (lite_folder / "labels.txt").unlink()

    found = checked(lite_folder, pictures)

    assert "labels.txt" in found.missing
    assert "taken for the classes in order of name (blue, dark, green, …)" in found.remarks[0]
    assert found.diagnosis is not None  # by names the order is another one: only luck is found
    assert found.diagnosis.recipe is None
    assert not found.ready


def test_a_checkup_is_plain_json(lite_folder: Path, pictures: Path) -> None:
    said = checked(lite_folder, pictures).as_object()

    assert said["written_by"] == "LiteRT"
    assert said["ready"] is True
    assert said["diagnosis"]["recipe"] == "0-1/squash/bilinear"
    assert said["diagnosis"]["scalings"][0] == {
        "recipe": "0-1/squash/bilinear",
        "accuracy": 1.0,
        "log_likelihood": pytest.approx(-0.1, abs=0.1),
    }


def test_the_library_that_wrote_the_files_is_said(json_folder: Path) -> None:
    found = checked(json_folder, None)

    assert found.conversion.library == "tf_keras"
    assert found.conversion.written_by.startswith("Keras 2")
    assert found.ready


def test_a_folder_of_no_class_is_refused(lite_folder: Path, pictures: Path, tmp_path: Path) -> None:
    shutil.copytree(pictures, tmp_path / "more")
    shutil.copytree(pictures / "red", tmp_path / "more" / "yellow")

    with pytest.raises(ModelError, match="'yellow' is named like none of the 4 labels"):
        checked(lite_folder, tmp_path / "more")
    assert len(read_labelled(pictures, LABELS).pictures) == 32
