"""From files to a stage that points to them; whatever is wrong, nothing is written."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from inference.errors import HostileModel, ModelError, StoreConflict
from inference.pictures import PictureLimits, decode
from inference.references import parse_reference
from inference.serving import Serving
from inference.stores import open_store
from tests.inference.tiny import write_tiny
from tests.training.publishing.colours import LABELS, colour_picture
from training.jobs import Conversion, Job, run
from training.proof import Proof
from training.publishing import Published, Wish, publish
from training.registry.changes import Hand, promote

pytestmark = pytest.mark.tensorflow

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HAND = Hand("tester@here", NOW)


def published(folder: Path, registry: Path, wish: Wish | None = None, **given: Any) -> Published:
    hand = given.pop("hand", HAND)
    return publish(
        [folder],
        open_store(str(registry)),
        "colours",
        "dev",
        wish or Wish(),
        hand,
        given.pop("run", run),
        lambda _: None,
    )


def best(registry: Path, stage: str, picture: bytes) -> str:
    """The label that a service of the stage gives."""
    model = Serving(parse_reference(f"{registry}/colours@{stage}"), 1.0).current()
    pixels = decode(picture, model.size, model.recipe, PictureLimits()).pixels
    return model.predictions(model.scores(pixels), 1, 0.0)[0].label


def test_a_published_model_is_promoted_and_served(
    json_folder: Path, pictures: Path, tmp_path: Path
) -> None:
    registry = tmp_path / "registry"

    done = published(json_folder, registry, Wish(pictures=pictures))

    promote(open_store(str(registry)), "colours", "dev", "prod", HAND)
    for label in LABELS:
        assert best(registry, "prod", colour_picture(label, 0.8)) == label
    assert (done.old, done.moved and done.moved.by) == (None, "tester@here")
    manifest = done.manifest
    assert manifest.origin.source == "architecture.json + weights.h5"
    assert manifest.origin.written_by is not None
    assert manifest.origin.written_by.startswith("Keras 2")
    assert manifest.accuracy is not None
    assert (manifest.accuracy.top1, manifest.accuracy.pictures) == (1.0, 32)
    assert manifest.quantisation.agreement is not None
    assert manifest.quantisation.agreement.max_difference == 0.0
    assert {"source/architecture.json", "source/weights.h5"} <= manifest.files.keys()
    golden = [name for name in manifest.files if name.startswith("golden/") and "json" not in name]
    assert golden == [f"golden/{n}-{label}-0.png" for n, label in enumerate(LABELS)]


def test_publishing_the_same_again_gives_the_same_release_and_moves_nothing(
    keras_folder: Path, tmp_path: Path
) -> None:
    wish = Wish(recipe="0-1")

    first = published(keras_folder, tmp_path / "registry", wish)
    second = published(keras_folder, tmp_path / "registry", wish)
    elsewhere = published(keras_folder, tmp_path / "elsewhere", wish)

    assert first.release == second.release == elsewhere.release
    assert (first.moved is not None, second.moved) == (True, None)


def test_int8_is_calibrated_on_some_pictures_and_measured_on_others(
    keras_folder: Path, pictures: Path, tmp_path: Path
) -> None:
    done = published(keras_folder, tmp_path / "registry", Wish(pictures=pictures, scheme="int8"))

    manifest = done.manifest
    assert (manifest.input.dtype, manifest.output.activation) == ("uint8", "none")
    assert manifest.quantisation.calibration_pictures == 16
    assert manifest.accuracy is not None
    assert (manifest.accuracy.pictures, manifest.accuracy.top1) == (16, 1.0)
    assert done.findings is not None
    assert done.findings.recipe_from == "doctor: 0-1/squash/bilinear"
    assert best(tmp_path / "registry", "dev", colour_picture("blue", 0.8)) == "blue"


def test_a_dry_run_measures_all_and_writes_nothing(lite_folder: Path, tmp_path: Path) -> None:
    registry = tmp_path / "registry"

    done = published(lite_folder, registry, hand=replace(HAND, dry_run=True))

    assert done.moved is None
    assert len(done.release) == 64
    assert not registry.exists()


def test_a_model_for_tensorflow_says_so_and_is_served(keras_folder: Path, tmp_path: Path) -> None:
    from training.conversion import convert

    def refuse(*_: object) -> bytes:
        raise ModelError("LiteRT cannot express it")

    done = published(
        keras_folder,
        tmp_path / "registry",
        Wish(recipe="0-1"),
        run=lambda job: convert(job, refuse),
    )

    assert done.manifest.loader == "tensorflow"
    assert "source/model.keras" in done.manifest.files
    assert done.findings is not None
    assert done.findings.conversion.inexpressible == "LiteRT cannot express it"
    assert best(tmp_path / "registry", "dev", colour_picture("green", 0.8)) == "green"


def test_the_source_is_left_out_when_asked(keras_folder: Path, tmp_path: Path) -> None:
    done = published(keras_folder, tmp_path / "registry", Wish(recipe="0-1", keep_source=False))

    assert not [name for name in done.manifest.files if name.startswith("source/")]


def test_a_bundle_is_published_as_it_is(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "bundle", name="colours")

    done = published(folder, tmp_path / "registry")

    assert done.findings is None
    manifest = (folder / "model.json").read_bytes()
    release = tmp_path / "registry" / "colours" / "releases" / done.release
    assert (release / "model.json").read_bytes() == manifest
    with pytest.raises(ModelError, match="leave the options out"):
        published(folder, tmp_path / "registry", Wish(recipe="0-1"))


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


def test_findings_are_plain_json(lite_folder: Path, pictures: Path, tmp_path: Path) -> None:
    (lite_folder / "recipe.json").unlink()

    done = published(lite_folder, tmp_path / "registry", Wish(pictures=pictures))

    assert done.findings is not None
    said = json.loads(json.dumps(done.findings.as_object()))
    assert said["format"] == "tflite"
    assert said["diagnosis"]["recipe"] == "0-1/squash/bilinear"
    assert said["pictures"] == {"found": 32, "used": 32, "passed_over": []}
