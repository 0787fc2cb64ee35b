"""`microlens publish`, `doctor` and `watch`: what they print, write, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import invoke, microlens
from tests.training.publishing.colours import (
    LABELS,
    colour_network,
    colour_pictures,
    write_labels,
)

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def flatbuffer() -> bytes:
    """A LiteRT model of four colours: reading it needs no TensorFlow."""
    import keras

    from training.litert import to_float32

    return to_float32(colour_network(keras))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return colour_pictures(tmp_path_factory.mktemp("colours") / "pictures", each=6)


@pytest.fixture
def model(tmp_path: Path, flatbuffer: bytes) -> Path:
    """A folder with `model.tflite`, `labels.txt` and `recipe.json`."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.tflite").write_bytes(flatbuffer)
    (folder / "recipe.json").write_text('{"std": [255]}')
    write_labels(folder)
    return folder


@pytest.fixture
def to(tmp_path: Path) -> str:
    return f"{tmp_path / 'registry'}/colours@dev"


def test_a_published_model_is_told_of_and_the_stage_moved(
    model: Path, to: str, pictures: Path
) -> None:
    first = microlens("publish", model, "--to", to)
    second = microlens("publish", model, "--to", to, "--pictures", pictures)

    assert first.code == second.code == 0
    assert "model.tflite, written by LiteRT" in first.stdout
    assert f"{to} moved: nothing → " in first.stdout
    assert "undo" not in first.stdout
    assert "accuracy  100.0% of 24 pictures right" in " ".join(second.stdout.split("  "))
    assert second.stdout.endswith(f"undo: microlens rollback {to}\n")
    assert "converting" in second.stderr
    assert "TensorFlow Lite" not in second.stderr


def test_json_is_one_document_on_stdout(model: Path, to: str, pictures: Path) -> None:
    ran = microlens("publish", model, "--to", to, "--pictures", pictures, "--json")

    said = ran.document()
    assert (ran.code, said["changed"], said["old"], said["undo"]) == (0, True, None, None)
    assert said["manifest"]["accuracy"]["pictures"] == 24
    assert said["findings"]["recipe_from"] == "recipe.json, beside the model"
    assert (
        said["release"]
        == json.loads(Path(to.replace("@", "/stages/")).with_suffix(".json").read_text())["release"]
    )


def test_a_dry_run_says_so_and_writes_nothing(model: Path, to: str, tmp_path: Path) -> None:
    ran = invoke("publish", model, "--to", to, "--dry-run")

    assert ran.code == 0
    assert ran.stdout.endswith("dry run: nothing was written\n")
    assert not (tmp_path / "registry").exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("labels.txt", "a\nb\n", "4 numbers for 2 labels"),
        ("recipe.json", "{}]", "recipe.json is no recipe"),
        ("model.tflite", "nothing", "is no LiteRT model"),
    ],
)
def test_what_is_refused_is_one_sentence_on_stderr(
    model: Path, to: str, tmp_path: Path, name: str, content: str, words: str
) -> None:
    (model / name).write_text(content)

    ran = invoke("publish", model, "--to", to, "--json")

    assert (ran.code, ran.stdout) == (1, "")
    assert words in ran.stderr.splitlines()[-1]
    assert "Traceback" not in ran.stderr
    assert not (tmp_path / "registry").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--to", "registry/colours"),
        ("--to", "registry/Colours@dev"),
        ("--to", "registry/colours@dev", "--size", "12"),
        ("--to", "registry/colours@dev", "--size", "0x12"),
        ("--to", "registry/colours@dev", "--quantise", "int4"),
        ("--to", "registry/colours@dev", "--pictures", "absent"),
        (),
    ],
)
def test_wrong_usage_is_found_before_any_work(model: Path, arguments: tuple[str, ...]) -> None:
    ran = invoke("publish", model, *arguments)

    assert (ran.code, ran.stdout) == (2, "")


def test_a_file_that_is_not_there_is_wrong_usage(to: str) -> None:
    assert invoke("publish", "absent.keras", "--to", to).code == 2


def test_the_doctor_finds_the_recipe(model: Path, pictures: Path) -> None:
    (model / "recipe.json").unlink()

    without = invoke("doctor", model)
    ran = invoke("doctor", model, "--pictures", pictures)
    said = invoke("doctor", model, "--pictures", pictures, "--json").document()

    assert (without.code, ran.code) == (1, 0)
    assert "  missing     recipe.json" in without.stdout
    assert "  take        0-1/squash/bilinear" in ran.stdout
    assert [line.split()[0] for line in ran.stdout.splitlines()[-9:-6]] != []
    assert said["diagnosis"]["scalings"][0]["accuracy"] == 1.0
    assert said["classes"] == len(LABELS)


def test_the_doctor_says_what_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "model.h5").write_bytes(b"\x80\x04pickle")

    ran = invoke("doctor", tmp_path)

    assert (ran.code, ran.stdout) == (1, "")
    assert "is a pickle" in ran.stderr


def test_watching_once_publishes_and_says_what_is_refused(
    model: Path, tmp_path: Path, flatbuffer: bytes
) -> None:
    registry = tmp_path / "registry"
    for name in ("good", "bad"):
        incoming = registry / name / "incoming"
        incoming.mkdir(parents=True)
        for file in model.iterdir():
            (incoming / file.name).write_bytes(file.read_bytes())
    (registry / "bad" / "incoming" / "labels.txt").write_text("a\nb\n")

    ran = invoke("watch", registry, "--once")

    assert ran.code == 1
    assert ran.stdout.startswith("bad: refused because the network gives 4 numbers for 2 labels")
    assert "\ngood: published as " in ran.stdout
    assert (registry / "good" / "incoming" / "model.tflite").read_bytes() == flatbuffer
    assert json.loads((registry / "bad" / "status.json").read_text())["state"] == "refused"
