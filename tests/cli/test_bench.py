"""`microlens bench` says what a model costs; what it says of time is never a test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli.bench import PICTURES
from inference.manifest import MANIFEST, Manifest
from inference.prices import prices
from inference.settings import DEFAULT_MODEL
from tests.cli.command import Ran, invoke, microlens
from training.bundles import digests, write_bundle

QUICK = ("--threads", "1", "--seconds", "0.05")


def bench(*arguments: str | Path) -> Ran:
    return microlens("bench", *arguments, *QUICK)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The default model under another name, without its golden pictures."""
    source = Path(DEFAULT_MODEL)
    manifest = Manifest.parse((source / MANIFEST).read_bytes())
    names = [name for name in manifest.files if not name.startswith("golden/")]
    files = {name: (source / name).read_bytes() for name in names}
    folder = tmp_path / "other"
    write_bundle(
        folder, manifest.model_copy(update={"name": "other", "files": digests(files)}), files
    )
    return folder


def test_a_model_is_measured_on_its_golden_pictures() -> None:
    ran = bench("--json")

    (model,) = ran.document()["models"]
    (speed,) = model["speeds"]
    assert ran.code == 0
    assert (model["name"], model["numbers"]) == (Path(DEFAULT_MODEL).name, "int8")
    assert (model["pictures"], model["agreement_with_first"]) == (4, None)
    assert speed["threads"] == 1
    assert 0 < speed["p50_ms"] <= speed["p99_ms"]
    assert 0 < speed["decode_ms"] < speed["p99_ms"]
    assert 20e6 < speed["peak_bytes"] < 1e9


def test_the_dollars_are_those_of_the_prices() -> None:
    document = bench("--json").document()

    (model,) = document["models"]
    asked = prices().requests(PICTURES, 1)
    assert document["prices"]["read_on"] == prices().read_on
    assert asked < model["dollars_for_20000"] < 1


def test_every_number_of_threads_up_to_the_most_has_its_line() -> None:
    ran = microlens("bench", "--threads", "3", "--seconds", "0.05", "--json")

    (model,) = ran.document()["models"]
    assert [speed["threads"] for speed in model["speeds"]] == [1, 2, 3]


def test_two_models_are_compared_on_the_same_pictures(folder: Path, other: Path) -> None:
    first, second = bench(DEFAULT_MODEL, other, "--pictures", folder, "--json").document()["models"]

    assert (first["name"], second["name"]) == (Path(DEFAULT_MODEL).name, "other")
    assert first["agreement_with_first"] is None
    assert second["agreement_with_first"] == {"top1": 1.0, "max_difference": 0.0, "pictures": 3}


def test_people_read_a_table_and_a_sentence(folder: Path, other: Path) -> None:
    ran = bench(DEFAULT_MODEL, other, "--pictures", folder)

    head, first, second, agreement, prices_line = ran.stdout.splitlines()
    assert ran.code == 0
    assert head.split()[:3] == ["Model", "Numbers", "Threads"]
    assert first.startswith(Path(DEFAULT_MODEL).name)
    assert second.startswith("other, ")
    assert "agrees with imagenet-lite0 (int8) on 100.0% of 3 pictures" in agreement
    assert prices().read_on in prices_line


def test_a_picture_that_cannot_be_decoded_is_named_and_passed_over(
    folder: Path, broken: Path
) -> None:
    shutil.copy(broken, folder / "z-broken.jpg")

    ran = bench("--pictures", folder, "--json")

    (model,) = ran.document()["models"]
    assert (ran.code, model["pictures"]) == (0, 3)
    assert model["passed_over"] == [str(folder / "z-broken.jpg")]


def test_models_without_pictures_in_common_are_wrong_usage(other: Path) -> None:
    ran = invoke("bench", DEFAULT_MODEL, other)

    assert (ran.code, ran.stdout) == (2, "")
    assert "--pictures" in ran.stderr


def test_a_bundle_without_golden_pictures_asks_for_some(other: Path) -> None:
    ran = bench(other)

    assert (ran.code, ran.stdout) == (1, "")
    assert "name a folder with --pictures" in ran.stderr


def test_a_model_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    ran = bench(tmp_path / "nothing")

    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr.splitlines()[-1].startswith("microlens: ")
