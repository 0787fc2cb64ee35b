"""Whatever is wrong with a model is said with what to do, and nothing is written."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from inference.errors import HostileModel, ModelError, StoreConflict
from inference.stores import open_store
from tests.inference.tiny import write_tiny
from tests.training.publishing.published import HAND, NOW, published
from training.jobs import Conversion, Job, run
from training.orders import Wish
from training.proof import Proof
from training.publishing import publish
from training.registry.changes import Hand

pytestmark = pytest.mark.tensorflow


def spoil(folder: Path, name: str, content: str | None) -> None:
    """Replace a file; None removes it."""
    (folder / name).unlink(missing_ok=True)
    if content is not None:
        (folder / name).write_text(content)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("labels.txt", None, "waiting for labels.txt"),
        ("labels.txt", "a\nb\nc\n", "4 numbers for 3 labels: one class too many"),
        ("labels.txt", "a\nb\nc\nd\ne\n", "4 numbers for 5 labels"),
        ("recipe.json", None, "not known: name one with --recipe"),
        ("recipe.json", '{"mean": "x"}', "recipe.json is no recipe: mean"),
        ("model.tflite", "no flatbuffer at all", "is no LiteRT model"),
        ("model.tflite", None, "there is no model among the files"),
        ("other.tflite", "x", "more than one model"),
    ],
)
def test_files_that_are_wrong_are_refused_and_nothing_is_written(
    lite_folder: Path, tmp_path: Path, name: str, content: str | None, words: str
) -> None:
    spoil(lite_folder, name, content)

    with pytest.raises(ModelError, match=words):
        published(lite_folder, tmp_path / "registry")

    assert not (tmp_path / "registry").exists()


def test_a_hostile_model_is_refused_before_anything_reads_it(
    json_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "hostile"
    shutil.copytree(json_folder, folder)
    described = json.loads((folder / "architecture.json").read_text())
    described["config"]["layers"].append(
        {"class_name": "Lambda", "config": {"name": "evil", "function": ["4wAA", None, None]}}
    )
    (folder / "architecture.json").write_text(json.dumps(described))

    def never(_: Job) -> Conversion:
        raise AssertionError("a child was started")

    with pytest.raises(HostileModel, match=r"'evil'.* of class Lambda"):
        published(folder, tmp_path / "registry", run=never)
    assert not (tmp_path / "registry").exists()


def test_a_proof_beyond_tolerance_is_refused_with_the_figures(
    lite_folder: Path, tmp_path: Path
) -> None:
    def worse(job: Job) -> Conversion:
        return replace(run(job), proof=Proof(0.75, 0.0123, 12))

    with pytest.raises(ModelError, match=r"75\.0% of 12 pictures, scores at most 0\.012300 apart"):
        published(lite_folder, tmp_path / "registry", run=worse)
    assert not (tmp_path / "registry").exists()


def test_pictures_that_say_nothing_clear_give_no_recipe(
    lite_folder: Path, pictures: Path, tmp_path: Path
) -> None:
    (lite_folder / "recipe.json").unlink()
    shutil.copytree(pictures / "red", tmp_path / "one" / "red")

    with pytest.raises(ModelError, match=r"luck.* No recipe is taken: name one with --recipe"):
        published(lite_folder, tmp_path / "registry", Wish(pictures=tmp_path / "one"))
    assert not (tmp_path / "registry").exists()


def test_what_pictures_cannot_decide_is_said_once_and_pictures_are_not_advised_again(
    lite_folder: Path, pictures: Path, tmp_path: Path
) -> None:
    (lite_folder / "recipe.json").unlink()
    shutil.copytree(pictures / "red", tmp_path / "one" / "red")
    store = open_store(str(tmp_path / "registry"))
    told: list[str] = []

    with pytest.raises(ModelError) as refused:
        publish(
            [lite_folder],
            store,
            "colours",
            "dev",
            Wish(pictures=tmp_path / "one"),
            HAND,
            run,
            told.append,
        )

    assert "--pictures" not in str(refused.value)
    assert not [line for line in told if "luck" in line]
    assert str(refused.value).count("luck") == 1


def test_int8_without_pictures_is_refused(keras_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="give --pictures LABELLED_FOLDER with 50 or more"):
        published(keras_folder, tmp_path / "registry", Wish(recipe="0-1", scheme="int8"))


def test_a_stage_that_somebody_else_moved_meanwhile_is_left_to_him(
    lite_folder: Path, tmp_path: Path
) -> None:
    registry = tmp_path / "registry"
    other = write_tiny(tmp_path / "bundle", name="colours")

    def interrupted(job: Job) -> Conversion:
        published(other, registry, hand=Hand("somebody", NOW))
        return run(job)

    with pytest.raises(StoreConflict, match="by somebody"):
        published(lite_folder, registry, run=interrupted)

    pointer = json.loads((registry / "colours" / "stages" / "dev.json").read_text())
    assert pointer["by"] == "somebody"


def test_of_two_that_publish_the_same_at_once_both_are_where_they_wanted(
    lite_folder: Path, tmp_path: Path
) -> None:
    registry = tmp_path / "registry"

    def interrupted(job: Job) -> Conversion:
        published(lite_folder, registry, hand=Hand("somebody", NOW))
        return run(job)

    told: list[str] = []
    store = open_store(str(registry))
    late = publish([lite_folder], store, "colours", "dev", Wish(), HAND, interrupted, told.append)

    pointer = json.loads((registry / "colours" / "stages" / "dev.json").read_text())
    assert (pointer["by"], pointer["release"]) == ("somebody", late.release)
    assert (late.moved, late.old) == (None, late.release)
    assert told[-1].startswith("somebody moved ")
