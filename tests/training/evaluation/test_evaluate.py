"""`microlens evaluate`: on a bundle, a stage and a service, with the same figures each time."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import accuracy_score, f1_score

from inference.classifier import Classifier, Query
from inference.settings import read_settings
from inference.sources import Fetched
from tests.cli.command import PROJECT, invoke
from tests.inference.tiny import COLOURS, write_tiny
from tests.servers.process import environment
from tests.servers.uvicorn import uvicorn
from tests.training.evaluation.conftest import Registry


def without_times(document: dict[str, Any]) -> dict[str, Any]:
    """The document without what differs from run to run, and how the model was named."""
    names = ("latency_ms", "seconds", "model")
    return {name: value for name, value in document.items() if name not in names}


def numbers(value: Any) -> Iterator[float]:
    """Every number in a document."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from numbers(each)
    elif isinstance(value, int | float):
        yield value


def test_a_model_that_is_right_far_more_often_than_its_manifest_says_is_doubted(
    colours: Path, tmp_path: Path
) -> None:
    known = {"top1": 0.5, "pictures": 40, "data_sha256": "0" * 64}

    ran = invoke("evaluate", write_tiny(tmp_path / "tiny", accuracy=known), colours)

    assert ran.code == 0
    assert "50.0% of 40 when it was made: if it learned from these" in ran.stderr


def test_the_figures_are_those_of_the_answers_that_the_model_gives(
    tiny: Path, colours: Path
) -> None:
    ran = invoke("evaluate", str(tiny), colours, "--json")
    assert (ran.code, ran.stderr) == (0, "")
    document = ran.document()

    classifier = Classifier.of(read_settings({"MICROLENS_MODEL": str(tiny)}))
    paths = sorted(colours.rglob("*.png"))
    truth = [COLOURS.index(path.parent.name) for path in paths]
    answers = [
        classifier.classify(Fetched(path.read_bytes(), "", 0.0), Query()).predictions[0].index
        for path in paths
    ]
    accuracy = accuracy_score(truth, answers)
    assert 0.7 < accuracy < 1
    assert document["accuracy"]["value"] == pytest.approx(accuracy, abs=1e-6)
    assert document["macro"]["f1"] == pytest.approx(
        f1_score(truth, answers, average="macro"), abs=1e-6
    )
    assert len(document["mistakes"]) == sum(
        one != two for one, two in zip(truth, answers, strict=True)
    )
    scores = [each["score"] for each in document["mistakes"]]
    assert scores == sorted(scores, reverse=True)
    assert all(map(isfinite, numbers(document)))


def test_a_stage_and_a_service_behind_a_token_give_the_same_document(
    registry: Registry, tiny: Path, colours: Path
) -> None:
    bundle = invoke("evaluate", str(tiny), colours, "--json").document()
    stage = invoke("evaluate", f"{registry.model}@prod", colours, "--json").document()
    made = json.loads(invoke("token", "--json").stdout)
    # One at a time: the others are told `busy`, and come again.
    settings = {"MICROLENS_TOKENS": made["hash"], "MICROLENS_MAX_CONCURRENT": "1"}
    with uvicorn({"MICROLENS_MODEL": str(tiny), **settings}) as service:
        refused = invoke("evaluate", service.url, colours)
        served = invoke("evaluate", service.url, colours, "--token", made["token"], "--json")

    assert without_times(stage) == without_times(bundle)
    assert stage["model"]["stage"] == "prod"
    assert without_times(served.document()) == without_times(bundle)
    assert served.document()["model"]["reference"] == service.url
    assert refused.code == 1
    assert "wants a token" in refused.stderr
    assert made["token"] not in served.stderr + served.stdout


def test_broken_pictures_are_counted_and_named_and_spoil_nothing(
    tiny: Path, colours: Path, tmp_path: Path, flower: Path
) -> None:
    folder = tmp_path / "colours"
    shutil.copytree(colours, folder)
    (folder / "red" / "notes.jpg").write_text("no picture")
    (folder / "green" / "cut.jpg").write_bytes(flower.read_bytes()[:9_000])

    whole = invoke("evaluate", str(tiny), colours, "--json").document()
    ran = invoke("evaluate", str(tiny), folder, "--json")
    document = ran.document()
    assert ran.code == 0
    assert document["accuracy"] == whole["accuracy"]
    names = [each["picture"] for each in document["data"]["broken"]]
    assert names == ["green/cut.jpg", "red/notes.jpg"]
    assert all(name in ran.stderr for name in names)
    assert (document["data"]["found"], document["data"]["answered"]) == (122, 120)
    assert document["data"]["sha256"] != whole["data"]["sha256"]


def test_the_table_says_what_people_want_to_know(tiny: Path, colours: Path) -> None:
    ran = invoke("evaluate", str(tiny), colours)

    assert ran.code == 0
    for words in ("right", "of 120 (", "mean of classes", "calibration error", "p95", "× red for"):
        assert words in ran.stdout


@pytest.mark.parametrize("make", ["nothing", "one class", "a stranger"])
def test_a_bad_folder_is_wrong_usage_before_the_model_is_loaded(
    make: str, tmp_path: Path, colours: Path
) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    if make != "nothing":
        shutil.copytree(colours / "red", folder / "red")
    if make == "a stranger":
        shutil.copytree(colours / "red", folder / "purple")
    # A model whose network is no network: whoever loads it fails otherwise.
    bundle = tmp_path / "bundle"
    write_tiny(bundle, files={"model.tflite": b"no network"})
    ran = invoke("evaluate", str(bundle), folder)

    assert ran.code == 2
    assert ran.stdout == ""
    assert "bad" in ran.stderr
    assert "network" not in ran.stderr


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("/nowhere", "cannot be read"),
        ("http://127.0.0.1:9", "does not answer"),
        ("http://a?b", "is no address of a service"),
    ],
)
def test_a_model_that_is_not_there_is_said_at_once(model: str, message: str, colours: Path) -> None:
    ran = invoke("evaluate", model, colours)

    assert ran.code in (1, 2)
    assert message in " ".join(ran.stderr.split())


def test_a_page_that_cannot_be_written_is_refused_before_the_work(
    tiny: Path, colours: Path, tmp_path: Path
) -> None:
    ran = invoke("evaluate", str(tiny), colours, "--html", tmp_path / "gone" / "a.html")

    assert ran.code == 2
    assert "there is no folder" in " ".join(ran.stderr.split())


# What a run prints while it goes on is not waited for: the first answer presses Ctrl-C.
STOPPED = """
import os, signal, sys
from inference.classifier import Classifier
from cli.main import app
whole, calls = Classifier.classify, []
def classify(*arguments, **options):
    calls.append(1)
    if len(calls) == 30:
        os.kill(os.getpid(), signal.SIGINT)
    return whole(*arguments, **options)
Classifier.classify = classify
try:
    app(sys.argv[1:])
finally:
    assert not {"tensorflow", "keras", "fastapi.applications"} & set(sys.modules), "too much"
"""


def stopped(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, stopped by Ctrl-C when a quarter of the pictures was asked about."""
    return subprocess.run(
        [sys.executable, "-c", STOPPED, *arguments],
        cwd=PROJECT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_ctrl_c_reports_what_was_measured_and_says_so(tiny: Path, colours: Path) -> None:
    ran = stopped("evaluate", str(tiny), str(colours), "--json")

    assert ran.returncode == 1, ran.stderr
    document = json.loads(ran.stdout)
    assert document["data"]["complete"] is False
    assert 10 <= document["data"]["answered"] < 120
    assert "stopped after" in ran.stderr
    assert {each["label"] for each in document["classes"]} == set(COLOURS)


def test_ctrl_c_leaves_a_comparison_without_a_verdict(
    tiny: Path, swapped: Path, colours: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    ran = stopped("compare", str(tiny), str(swapped), str(colours), "--out", str(report))

    assert ran.returncode == 1
    assert "no verdict" in ran.stderr
    assert not report.exists()
