"""The committed bundle is whole, answers as it says, and is what its documentation says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.bundle import Bundle, read_bundle
from inference.errors import GoldenMismatch
from inference.golden import GoldenAnswers, verify
from inference.loaders.litert import load_litert
from inference.manifest import GOLDEN_ANSWERS
from inference.model import Model
from inference.pictures.decoding import PictureLimits, decode
from inference.stores.directory import DirectoryStore
from inference.tensors import TensorTable
from training.free_photos import free_photos

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "models" / "imagenet-lite0"


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read_bundle(DirectoryStore(FOLDER))


@pytest.fixture(scope="module")
def model(bundle: Bundle) -> Model:
    return Model(bundle)


def test_every_file_has_its_digest_and_none_is_unlisted(bundle: Bundle) -> None:
    listed = {name: len(bundle.read(name)) for name in bundle.manifest.files}
    paths = [path for path in FOLDER.rglob("*") if path.is_file() and path.name != "model.json"]
    assert listed == {path.relative_to(FOLDER).as_posix(): path.stat().st_size for path in paths}


def test_model_json_is_what_the_manifest_writes(bundle: Bundle) -> None:
    assert (FOLDER / "model.json").read_bytes() == bundle.manifest.serialise()


def test_it_gives_its_golden_answers(model: Model) -> None:
    verify(model)
    golden = GoldenAnswers.model_validate_json(model.bundle.read(GOLDEN_ANSWERS))
    best = {answer.picture: model.labels[answer.top[0].index] for answer in golden.answers}
    assert best == {
        "chelsea.png": "tiger cat",
        "coffee.png": "espresso",
        "flower.jpg": "daisy",
        "china.jpg": "palace",
    }


def test_its_golden_answers_tell_a_wrong_recipe(bundle: Bundle) -> None:
    bgr = bundle.manifest.recipe.model_copy(update={"colour": "BGR"})
    manifest = bundle.manifest.model_copy(update={"recipe": bgr})
    with pytest.raises(GoldenMismatch):
        verify(Model(replace(bundle, manifest=manifest)))


def test_its_golden_pictures_are_the_packages_own(bundle: Bundle) -> None:
    assert {name: bundle.read(f"golden/{name}") for name in free_photos()} == free_photos()


def test_its_labels_are_the_classes_of_imagenet(model: Model) -> None:
    assert len(model.labels) == 1000
    assert [model.labels[index] for index in (0, 281, 967, 999)] == [
        "tench",
        "tabby",
        "espresso",
        "toilet tissue",
    ]


def test_pixels_go_into_it_unchanged(bundle: Bundle) -> None:
    table = TensorTable(bundle.manifest.recipe, load_litert(bundle).input_type)
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    np.testing.assert_array_equal(table.tensor(pixels)[0], pixels)


def test_its_scores_of_a_picture_sum_to_1(model: Model) -> None:
    picture = decode(free_photos()["coffee.png"], model.size, model.recipe, PictureLimits())
    assert model.scores(picture.pixels).sum() == pytest.approx(1.0, abs=1e-5)


def test_it_is_right_and_near_the_float_network_often_enough(bundle: Bundle) -> None:
    manifest = bundle.manifest
    assert manifest.accuracy is not None
    assert manifest.quantisation.agreement is not None
    assert manifest.accuracy.top1 >= 0.85
    assert manifest.quantisation.agreement.top1 >= 0.95


def test_its_documentation_gives_its_figures_and_its_release(bundle: Bundle) -> None:
    text = (ROOT / "docs" / "default-model.md").read_text(encoding="utf-8")
    manifest = bundle.manifest
    assert manifest.accuracy is not None
    assert manifest.quantisation.agreement is not None
    for fact in (
        bundle.release,
        manifest.accuracy.data_sha256,
        f"{manifest.accuracy.top1:.1%}".replace("%", " %"),
        f"{manifest.quantisation.agreement.top1:.1%}".replace("%", " %"),
        f"{manifest.quantisation.agreement.max_difference}",
    ):
        assert fact in text
