"""A small folder on a small backbone: the same seed, an interruption, a resumption."""

from __future__ import annotations

import json
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from cli.trained import as_object, print_trained
from inference.bundle import Bundle, read_bundle
from inference.golden import GoldenAnswers, verify
from inference.manifest import GOLDEN_ANSWERS
from inference.model import Model
from inference.stores.directory import DirectoryStore
from tests.cli.command import COMMAND, PROJECT
from tests.servers.process import environment
from tests.training.transfer.courses import Quiet
from training.labelled import read_labelled
from training.transfer.course import Interrupted
from training.transfer.making import Made
from training.transfer.plans import Order, follow, plan

pytestmark = [pytest.mark.slow, pytest.mark.tensorflow]


def train(order: Order, course: Quiet) -> Made:
    """All of it, in this process but for what TensorFlow does."""
    return follow(plan(order, course), course)


def bundle_at(folder: Path) -> Bundle:
    return read_bundle(DirectoryStore(folder))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("training")


@pytest.fixture(scope="module")
def order(place: Path, colours: Path, backbone: Path) -> Order:
    """Four colours, on a network of 16 × 16 pixels."""
    return Order(
        folder=colours,
        out=place / "colours",
        name="colours",
        work=place / "work",
        backbone=backbone,
        recipe="0-1",
    )


@pytest.fixture(scope="module")
def made(order: Order) -> Made:
    """A run from start to end."""
    return train(order, Quiet())


def test_the_bundle_answers_and_says_what_was_measured(made: Made, order: Order) -> None:
    bundle = bundle_at(order.out)
    model = Model(bundle)
    verify(model)

    manifest = bundle.manifest
    assert bundle.release == made.release
    assert model.labels == ("blue", "dark", "green", "red")
    assert manifest.accuracy is not None
    assert (manifest.accuracy.top1, manifest.accuracy.pictures) == (1.0, 8)
    assert manifest.quantisation.scheme == made.chosen.scheme
    assert manifest.recipe.std == (255.0,)
    assert {each.scheme for each in made.candidates} == {"none", "int8"}
    assert "source/model.keras" in manifest.files
    assert [line for line in made.method if line.startswith("Pictures: as they are")]
    assert b"## Not tested" in bundle.read("model-card.md")


def test_every_picture_of_the_folder_is_classified_right(made: Made, order: Order) -> None:
    model = Model(bundle_at(order.out))
    pictures = read_labelled(order.folder, model.labels).pictures

    answers = [model.scores(each.pixels(model.size, model.recipe)).argmax() for each in pictures]

    assert answers == [each.index for each in pictures]
    assert not made.stopped


def test_golden_pictures_are_small_copies_of_what_was_held_out(made: Made, order: Order) -> None:
    bundle = bundle_at(order.out)

    golden = GoldenAnswers.model_validate_json(bundle.read(GOLDEN_ANSWERS))

    assert len(golden.answers) == 4
    assert len({answer.top[0].index for answer in golden.answers}) == 4
    for answer in golden.answers:
        assert len(bundle.read(f"golden/{answer.picture}")) < 200_000
    assert made.manifest.files["model-card.md"].bytes > 500


def test_what_a_run_came_to_says_how_each_class_fares(
    made: Made, order: Order, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = plan(order, Quiet())

    print_trained(planned, made)
    classes = as_object(planned, made)["classes"]

    assert made.manifest.accuracy is not None
    right = made.manifest.accuracy.top1 * made.manifest.accuracy.pictures
    assert sum(each["right"] for each in classes.values()) == pytest.approx(right, abs=0.01)
    worst = min(classes.values(), key=lambda each: each["right"] / each["held_out"])
    printed = capsys.readouterr().out
    assert "right in the mean of classes; least often" in printed
    assert f"{worst['right']} of {worst['held_out']}" in printed


def test_stopped_in_the_middle_there_is_a_bundle_and_resumed_it_ends_as_if_never_stopped(
    made: Made, order: Order, place: Path
) -> None:
    elsewhere = replace(order, out=place / "other" / "colours", work=place / "other" / "work")

    stopped = train(elsewhere, Quiet(stop_in="choosing", after=1))
    verify(Model(bundle_at(elsewhere.out)))
    assert stopped.stopped
    assert stopped.release != made.release

    resumed = train(replace(elsewhere, resume=True), Quiet())
    assert resumed.release == made.release
    assert bundle_at(elsewhere.out).release == made.release


def test_stopped_before_anything_was_seen_there_is_no_bundle(order: Order, place: Path) -> None:
    early = replace(order, out=place / "early", work=place / "empty")
    planned = plan(early, Quiet())

    class Stopped(Quiet):
        def phase(self, name: str, steps: int | None = None) -> None:
            super().phase(name, steps)
            self._stopped = name == "features"

    # The backbone is there already; no picture has been looked at.
    (place / "empty").mkdir()
    for file in order.work.glob("backbone-*.npz"):
        (place / "empty" / file.name).write_bytes(file.read_bytes())
    with pytest.raises(Interrupted):
        follow(planned, Stopped())
    assert not early.out.exists()


@pytest.mark.usefixtures("made")  # which leaves the features of all pictures
def test_ctrl_c_ends_the_command_with_a_bundle_that_answers(order: Order, place: Path) -> None:
    out = place / "interrupted"
    arguments = ("train", order.folder, "--out", out, "--work", order.work, "--quantise", "none")
    process = subprocess.Popen(
        [
            *COMMAND,
            *map(str, arguments),
            "--backbone",
            str(order.backbone),
            "--recipe",
            "0-1",
            "--json",
        ],
        cwd=PROJECT,
        env=environment({"PYTHONPATH": str(PROJECT)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("looking at the pictures"):
            continue
        # Whatever is said next, a head can be made of them.
        process.send_signal(signal.SIGINT)
        break
    stdout, stderr = process.communicate(timeout=100)

    document = json.loads(stdout)
    assert (process.returncode, document["release"]) == (0, bundle_at(out).release)
    assert "Ctrl-C: stopping here" in stderr
    assert document["manifest"]["quantisation"]["scheme"] == "none"
    verify(Model(bundle_at(out)))
