"""A calibration in a bundle: applied to every answer, checked when read, absent at no cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inference.bundle import read_bundle
from inference.calibration import Calibration
from inference.classifier import Classifier, Query
from inference.errors import ModelError
from inference.model import Model
from inference.settings import read_settings
from inference.sources import Fetched
from inference.stores.directory import DirectoryStore
from tests.inference.drawing import saved
from tests.inference.tiny import COLOURS, write_tiny
from tests.program import printed

RED: Any = (255, 40, 0)


def calibration(**changes: Any) -> dict[str, Any]:
    """A calibration of the tiny bundle, as JSON has it."""
    return {"temperature": 2.0, "error": 0.1, "thresholds": [0.6], **changes}


def pixels_view(scale: float) -> dict[str, Any]:
    """An `outside` by statistics alone, around zero."""
    scatter = {
        "of": "pixels",
        "means": [[0.0] * 9],
        "precision": np.eye(9).tolist(),
        "scale": scale,
    }
    return {"rate": 0.02, "threshold": 1.0, "views": [scatter]}


def write(folder: Path, document: dict[str, Any] | None) -> Path:
    """The tiny bundle, with that calibration if there is one."""
    files = {"calibration.json": json.dumps(document).encode()} if document else None
    return write_tiny(folder, files=files)


def answer(folder: Path) -> dict[str, Any]:
    """What the bundle in `folder` says to a red picture, as HTTP has it."""
    classifier = Classifier.of(read_settings({"MICROLENS_MODEL": str(folder)}))
    picture = Fetched(red_picture(), "upload")
    document: dict[str, Any] = json.loads(classifier.classify(picture, Query()).model_dump_json())
    return document


def red_picture() -> bytes:
    return saved(Image.new("RGB", (6, 4), RED), "PNG")


def test_a_bundle_without_a_calibration_answers_as_it_always_did(tmp_path: Path) -> None:
    found = answer(write(tmp_path / "plain", None))

    assert list(found) == ["predictions", "model", "image", "timing_ms"]
    assert [each["score"] for each in found["predictions"]] == [1.0, 0.156863, 0.0]


def test_a_calibrated_answer_has_its_decision_its_labels_and_their_coverage(
    tmp_path: Path,
) -> None:
    found = answer(write(tmp_path / "calibrated", calibration()))

    assert list(found)[:4] == ["predictions", "decision", "labels", "coverage"]
    assert (found["decision"], found["labels"], found["coverage"]) == ("accept", ["red"], 0.9)
    # A sigmoid's score by the logit behind it: 1 / (1 + sqrt((1 - p) / p)) at a temperature of 2.
    green = found["predictions"][1]
    assert green["label"] == "green"
    assert green["score"] == pytest.approx(1 / (1 + (215 / 40) ** 0.5), abs=1e-4)


def test_what_is_stored_of_an_event_has_the_same_members(tmp_path: Path) -> None:
    for name, document in (("plain", None), ("calibrated", calibration())):
        folder = write(tmp_path / name, document)
        classifier = Classifier.of(read_settings({"MICROLENS_MODEL": str(folder)}))

        stored = classifier.classify(Fetched(red_picture(), "upload"), Query()).model_dump()

        assert list(stored) == list(answer(folder))


@pytest.mark.parametrize(
    ("scale", "decision"), [(1.0, "unknown"), (1e6, "accept")], ids=["far", "near"]
)
def test_a_picture_that_lies_outside_is_unknown(
    tmp_path: Path, scale: float, decision: str
) -> None:
    document = calibration(outside=pixels_view(scale))

    assert answer(write(tmp_path / "calibrated", document))["decision"] == decision


@pytest.mark.parametrize("view", ["logits", "summary"])
def test_what_the_network_says_may_lie_outside_too(tmp_path: Path, view: str) -> None:
    width = {"logits": len(COLOURS), "summary": 4}[view]
    scatter = {
        "of": view,
        "means": [[1e3] * width],
        "precision": np.eye(width).tolist(),
        "scale": 1.0,
    }
    outside = {"rate": 0.02, "threshold": 1.0, "views": [scatter]}

    found = answer(write(tmp_path / "calibrated", calibration(outside=outside)))

    assert found["decision"] == "unknown"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"thresholds": [0.5, 0.5]}, "2 thresholds; 3 classes"),
        ({"thresholds": []}, "thresholds"),
        ({"thresholds": [1.5]}, "thresholds"),
        ({"temperature": 0.0}, "temperature"),
        ({"temperature": 1e300}, "temperature"),
        ({"error": 1.0}, "error"),
        ({"surprise": 1}, "surprise"),
        (
            {"outside": {**pixels_view(1), "views": [{**pixels_view(1)["views"][0], "scale": 0}]}},
            "scale",
        ),
        (
            {
                "outside": {
                    **pixels_view(1),
                    "views": [{**pixels_view(1)["views"][0], "means": [[0.0] * 8]}],
                }
            },
            "width",
        ),
        (
            {
                "outside": {
                    **pixels_view(1),
                    "views": [{**pixels_view(1)["views"][0], "of": "logits"}],
                }
            },
            "another network",
        ),
    ],
    ids=lambda value: None if isinstance(value, dict) else value,
)
def test_a_calibration_that_does_not_fit_is_refused_when_the_model_is_loaded(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    bundle = read_bundle(DirectoryStore(write(tmp_path / "bad", calibration(**changes))))

    with pytest.raises(ModelError, match=message):
        Model(bundle)


def test_a_calibration_gives_the_same_bytes_each_time() -> None:
    found = Calibration.model_validate(calibration(outside=pixels_view(1)))

    assert found.serialise() == Calibration.model_validate_json(found.serialise()).serialise()


def test_a_start_without_a_calibration_imports_nothing_of_it(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from inference.bundle import read_bundle; "
        "from inference.model import Model; "
        "from inference.stores.directory import DirectoryStore; "
        f"Model(read_bundle(DirectoryStore(Path({str(write(tmp_path / 'plain', None))!r})))); "
        "print([each for each in sys.modules if each.rpartition('.')[2] in "
        "('calibration', 'outsiders', 'decisions')])"
    )

    assert printed(program).strip() == "[]"
