"""Golden answers: a bundle that does not say what it said when published is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from inference.bundle import read_bundle
from inference.errors import GoldenMismatch, ModelError
from inference.golden import GoldenAnswers, verify
from inference.model import Model
from inference.stores.directory import DirectoryStore
from tests.inference.drawing import saved
from tests.inference.tiny import golden_of, write_tiny

# The mean of each channel: red 0.8, green 0.4, blue 0.2.
PICTURE = saved(Image.new("RGB", (6, 4), (204, 102, 51)), "PNG")


def model_with(folder: Path, files: dict[str, bytes]) -> Model:
    return Model(read_bundle(DirectoryStore(write_tiny(folder, files=files))))


def test_the_default_model_gives_all_its_golden_answers(default_model: Model) -> None:
    content = default_model.bundle.read("golden/answers.json")
    golden = GoldenAnswers.model_validate_json(content)

    verify(default_model)

    assert len(golden.answers) >= 4
    assert golden.serialise() == content


@pytest.mark.parametrize(
    "scores", [{0: 0.8, 1: 0.4, 2: 0.2}, {0: 0.79, 2: 0.21}], ids=["exactly", "within-tolerance"]
)
def test_a_model_that_gives_its_answers_passes(scores: dict[int, float], tmp_path: Path) -> None:
    model = model_with(tmp_path, golden_of(PICTURE, scores))

    verify(model)

    assert "golden/one.png" in model.bundle.manifest.files


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ({0: 0.7}, "gives 0.8000 to 'red' on its golden picture one.png; 0.7000 ± 0.02 is right"),
        ({0: 0.8, 1: 0.9}, "gives 0.4000 to 'green'"),
        ({1: 0.4}, "takes its golden picture one.png for 'red'; 'green' is right"),
    ],
    ids=["another-score", "another-second", "another-class"],
)
def test_a_model_that_answers_otherwise_is_told_picture_and_figures(
    scores: dict[int, float], words: str, tmp_path: Path
) -> None:
    model = model_with(tmp_path, golden_of(PICTURE, scores))

    with pytest.raises(GoldenMismatch, match=re.escape(words)):
        verify(model)


def test_only_as_many_pictures_are_asked_as_wanted(tmp_path: Path) -> None:
    files = golden_of(PICTURE, {0: 0.8}) | {"golden/two.png": PICTURE}
    answers = json.loads(files["golden/answers.json"])
    answers["answers"].append({"picture": "two.png", "top": [{"index": 0, "score": 0.1}]})
    files["golden/answers.json"] = json.dumps(answers).encode()
    model = model_with(tmp_path, files)

    verify(model, 1)
    with pytest.raises(GoldenMismatch, match=r"two\.png"):
        verify(model, 2)


def test_a_bundle_without_golden_answers_is_taken_as_it_is(tmp_path: Path) -> None:
    model = model_with(tmp_path, {})

    verify(model)

    assert "golden/answers.json" not in model.bundle.manifest.files


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"golden/answers.json": b"{}"}, "golden/answers.json cannot be read"),
        (golden_of(PICTURE, {7: 0.1}), "one.png expects class 7"),
        (golden_of(PICTURE, {}), "golden/answers.json cannot be read"),
        (golden_of(PICTURE, {0: 1.1}), "golden/answers.json cannot be read"),
        (golden_of(PICTURE, {0: 0.8}, "../one.png"), "golden"),
        (golden_of(b"no picture", {0: 0.8}), "the golden picture one.png cannot be read: the 10"),
    ],
    ids=["empty", "no-such-class", "no-scores", "score-above-1", "outside", "not-a-picture"],
)
def test_golden_files_that_make_no_sense_are_the_models_error_and_not_a_callers(
    files: dict[str, bytes], words: str, tmp_path: Path
) -> None:
    inside = {name: data for name, data in files.items() if ".." not in name}
    model = model_with(tmp_path, inside)  # the manifest would refuse the others first

    with pytest.raises(ModelError, match=re.escape(words)):
        verify(model)


def test_a_golden_picture_that_is_missing_is_named(tmp_path: Path) -> None:
    model = model_with(tmp_path, golden_of(PICTURE, {0: 0.8}))
    (tmp_path / "golden" / "one.png").unlink()

    with pytest.raises(ModelError, match=r"golden/one\.png.*is missing"):
        verify(model)
