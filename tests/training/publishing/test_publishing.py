"""From files to a stage that points to them, and to the answers of a service."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from inference import layout
from inference.errors import ModelError
from inference.manifest import GOLDEN_ANSWERS
from inference.pictures.decoding import PictureLimits, decode
from inference.references import parse_reference
from inference.serving import Serving
from inference.stores import open_store
from tests.inference.tiny import write_tiny
from tests.training.publishing.colours import (
    LABELS,
    colour_network,
    colour_picture,
    rounding_network,
    write_labels,
)
from tests.training.publishing.published import HAND, published
from training.orders import Wish
from training.registry.changes import promote

pytestmark = pytest.mark.tensorflow


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


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_a_saved_model_is_published_though_no_layer_names_its_activation(
    activation: str, pictures: Path, tmp_path: Path
) -> None:
    import tf_keras

    colour_network(tf_keras, activation).save(tmp_path / "model" / "saved_model")
    write_labels(tmp_path / "model")

    done = published(
        tmp_path / "model", tmp_path / "registry", Wish(recipe="0-1", pictures=pictures)
    )

    assert done.manifest.output.activation == activation
    assert done.manifest.accuracy is not None
    assert done.manifest.accuracy.top1 == 1.0
    assert "source/saved_model/saved_model.pb" in done.manifest.files
    assert done.findings is not None
    assert "no layer names it" in done.findings.conversion.notes[0]
    assert best(tmp_path / "registry", "dev", colour_picture("red", 0.6)) == "red"


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


def test_a_model_that_rounds_as_no_copy_does_is_published_for_tensorflow(tmp_path: Path) -> None:
    import keras

    source, registry = tmp_path / "source", tmp_path / "registry"
    source.mkdir()
    rounding_network(keras).save(source / "model.keras")
    write_labels(source)

    done = published(source, registry, Wish(recipe="0-1"))

    assert done.manifest.loader == "tensorflow"
    assert done.findings is not None
    reason = done.findings.conversion.inexpressible
    assert reason is not None
    assert reason.startswith("it computes in half precision (mixed_bfloat16) and rounds so much")
    golden = json.loads(
        (registry / layout.release("colours", done.release) / GOLDEN_ANSWERS).read_text()
    )
    assert golden["tolerance"] == round(done.findings.conversion.rounding, 2) > 0.02
    assert best(registry, "dev", colour_picture("green", 0.8)) == "green"


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


def test_a_model_that_is_right_by_luck_alone_is_published_with_a_doubt(
    lite_folder: Path, pictures: Path, tmp_path: Path
) -> None:
    turned = tmp_path / "turned"
    for label, other in zip(LABELS, (*LABELS[1:], LABELS[0]), strict=True):
        shutil.copytree(pictures / label, turned / other)

    good = published(lite_folder, tmp_path / "registry", Wish(pictures=pictures))
    done = published(lite_folder, tmp_path / "registry", Wish(pictures=turned))

    assert good.findings is not None
    assert good.findings.doubts == ()
    assert done.findings is not None
    assert done.findings.doubts[0].startswith("0.0% of 32 pictures right is no more than luck")


def test_findings_are_plain_json(lite_folder: Path, pictures: Path, tmp_path: Path) -> None:
    (lite_folder / "recipe.json").unlink()

    done = published(lite_folder, tmp_path / "registry", Wish(pictures=pictures))

    assert done.findings is not None
    said = json.loads(json.dumps(done.findings.as_object()))
    assert said["format"] == "tflite"
    assert said["diagnosis"]["recipe"] == "0-1/squash/bilinear"
    assert said["pictures"] == {"found": 32, "used": 32, "passed_over": []}
