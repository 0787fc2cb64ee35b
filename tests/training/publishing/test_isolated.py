"""Conversions in a child: the same answer, and whatever happens to the child is told in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from inference.errors import ModelError
from inference.recipe import Recipe
from training.conversion import convert
from training.isolated import run_apart
from training.jobs import LITERT_FILE, Job

pytestmark = pytest.mark.tensorflow


@pytest.mark.slow
def test_a_child_converts_to_the_same_bytes_and_figures(
    json_folder: Path, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    monkeypatch.chdir(pictures)
    job = Job(
        source=json_folder,
        out=here,
        labels=4,
        scheme="int8",
        recipe=Recipe(std=(255.0,)),
        pictures=(Path("red/0.png"), Path("dark/0.png")),
        calibration=tuple(Path(f"{label}/1.png") for label in ("red", "green", "blue")),
    )

    found = run_apart(job)
    expected = convert(replace(job, out=there))

    assert found == expected
    assert (here / LITERT_FILE).read_bytes() == (there / LITERT_FILE).read_bytes()


def test_what_the_child_refuses_is_refused_here(lite_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="4 numbers for 7 labels"):
        run_apart(Job(lite_folder, tmp_path, labels=7))
