"""The use case: a photograph goes in, and what it shows comes out."""

from __future__ import annotations

import hashlib
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from inference.classifier import Classifier, Query
from inference.cores import cores
from inference.errors import BadImage, ImageTooLarge, ModelNotReady
from inference.logs import configure_logs
from inference.settings import read_settings
from inference.sources import Fetched
from tests.inference.drawing import saved
from tests.inference.tiny import write_tiny
from tests.program import printed

CATS = {"tabby", "tiger cat", "Egyptian cat", "lynx"}


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return serving({})


def serving(variables: dict[str, str]) -> Classifier:
    """The classifier of these settings, written without their prefix."""
    return Classifier.of(
        read_settings({f"MICROLENS_{name}": value for name, value in variables.items()})
    )


def upload(data: bytes) -> Fetched:
    return Fetched(data, "upload")


def test_chelsea_is_a_cat(classifier: Classifier, chelsea: Path) -> None:
    data = chelsea.read_bytes()

    answer = classifier.classify(upload(data), Query())

    assert answer.predictions[0].label in CATS
    assert {each.label for each in answer.predictions[:3]} <= CATS
    assert answer.model.name == "imagenet-lite0"
    assert answer.model.stage is None
    image = answer.image
    assert (image.source, image.format, image.width, image.height) == ("upload", "PNG", 451, 300)
    assert image.sha256 == hashlib.sha256(data).hexdigest()


def test_coffee_is_an_espresso(classifier: Classifier, coffee: Path) -> None:
    answer = classifier.classify(upload(coffee.read_bytes()), Query())

    assert answer.predictions[0].label == "espresso"
    assert answer.predictions[0].score > 0.5


def test_scores_fall_and_are_as_many_as_asked(classifier: Classifier, chelsea: Path) -> None:
    picture = upload(chelsea.read_bytes())

    everything = classifier.classify(picture, Query(top_k=1_000)).predictions
    three = classifier.classify(picture, Query(top_k=3)).predictions
    sure = classifier.classify(picture, Query(top_k=1_000, min_score=0.05)).predictions

    scores = [each.score for each in everything]
    assert len(everything) == 1_000
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1, abs=1e-3)
    assert sorted(each.index for each in everything) == list(range(1_000))
    assert three == everything[:3]
    assert sure == [each for each in everything if each.score >= 0.05]


def test_the_same_pictures_in_another_order_and_in_threads_get_the_same_scores(
    classifier: Classifier, chelsea: Path, coffee: Path
) -> None:
    pictures = [upload(chelsea.read_bytes()), upload(coffee.read_bytes())]
    alone = [classifier.classify(each, Query()).predictions for each in pictures]

    with ThreadPoolExecutor(8) as threads:
        found = list(
            threads.map(lambda each: classifier.classify(each, Query()), pictures[::-1] * 8)
        )

    assert [each.predictions for each in found] == alone[::-1] * 8


def test_the_times_are_told_and_add_up(classifier: Classifier, chelsea: Path) -> None:
    picture = Fetched(chelsea.read_bytes(), "s3://photos/chelsea.png", 1_000.0)

    answer = classifier.classify(picture, Query())

    timing = answer.timing_ms
    assert timing.fetch == 1_000
    assert timing.decode > 0
    assert timing.infer > 0
    assert timing.fetch + timing.decode + timing.infer <= timing.total + 0.02
    assert answer.image.source == "s3://photos/chelsea.png"


def test_the_model_that_a_request_began_with_is_the_one_that_answers(
    classifier: Classifier, tmp_path: Path
) -> None:
    red = upload(saved(Image.new("RGB", (60, 40), "red"), "PNG"))
    other = serving({"MODEL": str(write_tiny(tmp_path))}).serving.current()

    answer = classifier.classify(red, Query(), other)

    assert [each.label for each in answer.predictions] == ["red", "green", "blue"]
    assert answer.predictions[0].score == pytest.approx(1, abs=1e-6)
    assert answer.model == other.identity


def test_a_bad_picture_is_the_callers_and_the_next_one_is_answered(
    classifier: Classifier, chelsea: Path
) -> None:
    data = chelsea.read_bytes()

    with pytest.raises(BadImage):
        classifier.classify(upload(data[:1_000]), Query())

    assert classifier.classify(upload(data), Query()).predictions[0].label in CATS


def test_the_limits_are_those_of_the_settings(chelsea: Path) -> None:
    data = chelsea.read_bytes()
    for name, value in {"MAX_IMAGE_BYTES": "1000", "MAX_PIXELS": "1000"}.items():
        limited = serving({name: value})
        with pytest.raises(ImageTooLarge, match="at most 1,000"):
            limited.classify(upload(data), Query())


def test_without_a_model_nothing_is_answered(tmp_path: Path) -> None:
    classifier = serving({"MODEL": str(tmp_path)})

    with pytest.raises(ModelNotReady):
        classifier.classify(upload(b"whatever"), Query())


def test_making_one_reads_nothing(tmp_path: Path) -> None:
    classifier = serving({"MODEL": str(tmp_path / "nothing")})

    assert classifier.serving.history.last_failure is None
    assert classifier.serving.history.last_swap is None


def test_answering_about_an_upload_imports_neither_boto3_nor_tensorflow(chelsea: Path) -> None:
    program = (
        "import sys; from pathlib import Path;"
        "from inference.classifier import *; from inference.settings import read_settings;"
        "picture = Fetched(Path(sys.argv[1]).read_bytes(), 'upload');"
        "print(Classifier.of(read_settings()).classify(picture, Query()).predictions[0].label);"
        "unwanted = {'boto3', 'botocore', 'tensorflow', 'keras', 'fastapi', 'mangum'};"
        "print(sorted(unwanted & {*sys.modules}))"
    )

    label, imported = printed(program, chelsea).splitlines()

    assert label in CATS
    assert imported == "[]"


def test_cores_are_those_that_the_scheduler_gives() -> None:
    allowed = os.sched_getaffinity(0)
    assert cores() == len(allowed)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_the_level_of_the_log_is_the_settings() -> None:
    root = logging.getLogger()
    before = root.level
    try:
        configure_logs(read_settings({"MICROLENS_LOG_LEVEL": "WARNING"}))
        assert root.level == logging.WARNING
    finally:
        root.setLevel(before)
