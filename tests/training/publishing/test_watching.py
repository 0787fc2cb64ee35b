"""A watched folder is attended to when it lies still, and each news is told once."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.stores.directory import DirectoryStore
from tests.training.publishing.colours import LABELS, write_labels
from training.jobs import run
from training.status import Status
from training.watching import Watch


@pytest.mark.tensorflow
def test_files_that_still_change_are_left_alone(tmp_path: Path, flatbuffer: bytes) -> None:
    folder = tmp_path / "colours" / "incoming"
    folder.mkdir(parents=True)
    watch = Watch(DirectoryStore(tmp_path), run, "tester")
    told: list[Status] = []

    (folder / "recipe.json").write_text('{"std": [255.0]}')
    write_labels(folder)
    for end in (1_000, 2_000, len(flatbuffer)):  # as a slow copy does
        (folder / "model.tflite").write_bytes(flatbuffer[:end])
        watch.look(told.append)
        assert told == []
    watch.look(told.append)
    watch.look(told.append)

    assert [status.state for status in told] == ["published"]
    assert (tmp_path / "colours" / "stages" / "dev.json").is_file()


def test_each_model_is_told_of_once_and_again_when_it_changes(tmp_path: Path) -> None:
    for name in ("a", "b", "Not-a-model"):
        (tmp_path / name / "incoming").mkdir(parents=True)
        write_labels(tmp_path / name / "incoming")
    watch = Watch(DirectoryStore(tmp_path), run, "tester")
    told: list[Status] = []

    for _ in range(3):
        watch.look(told.append, settled=True)
    assert [(each.name, each.detail) for each in told] == [
        ("a", "waiting for a model"),
        ("b", "waiting for a model"),
    ]

    (tmp_path / "a" / "incoming" / "a.keras").write_text("x")
    (tmp_path / "a" / "incoming" / "b.keras").write_text("x")
    watch.look(told.append, settled=True)
    assert [(each.name, each.state) for each in told[2:]] == [("a", "refused")]


def test_what_can_belong_to_no_model_is_told_of_once(tmp_path: Path) -> None:
    for name in ("Not-a-model", "stages"):
        (tmp_path / name / "incoming").mkdir(parents=True)
        write_labels(tmp_path / name / "incoming")
    (tmp_path / "incoming").mkdir()
    write_labels(tmp_path / "incoming")
    watch = Watch(DirectoryStore(tmp_path), run, "tester")

    troubles = watch.look(lambda _: None)

    assert len(troubles) == 3
    assert "no model can be called 'Not-a-model': a name is 1 to 63 of a-z 0-9" in troubles[0]
    assert f"{tmp_path}/incoming/ belongs to no model" in troubles[1]
    assert watch.look(lambda _: None) == []


def test_a_model_that_cannot_be_attended_to_is_told_of_once_and_holds_up_no_other(
    tmp_path: Path,
) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "incoming").mkdir(parents=True)
        write_labels(tmp_path / name / "incoming")
    (tmp_path / "a" / "status.json").mkdir()
    watch, told = Watch(DirectoryStore(tmp_path), run, "tester"), list[Status]()

    troubles = watch.look(told.append, settled=True)

    assert [trouble.partition(":")[0] for trouble in troubles] == ["a cannot be attended to"]
    assert [status.name for status in told] == ["b"]
    assert watch.look(told.append, settled=True) == []


def test_a_registry_with_nothing_dropped_has_nothing_to_tell(tmp_path: Path) -> None:
    told: list[Status] = []

    troubles = Watch(DirectoryStore(tmp_path), run, "tester").look(told.append, settled=True)

    assert (told, troubles) == ([], [])


@pytest.mark.tensorflow
def test_a_dry_run_says_what_would_become_of_each_folder_and_writes_nothing(
    tmp_path: Path, flatbuffer: bytes
) -> None:
    for name in ("good", "waits", "wrong"):
        folder = tmp_path / name / "incoming"
        folder.mkdir(parents=True)
        write_labels(folder, LABELS[:2] if name == "wrong" else LABELS)
        (folder / "recipe.json").write_text('{"std": [255.0]}')
        if name != "waits":
            (folder / "model.tflite").write_bytes(flatbuffer)
    before = contents(tmp_path)

    foreseen = looked(tmp_path, dry_run=True)

    assert contents(tmp_path) == before
    assert {name: status.state for name, status in foreseen.items()} == {
        "good": "published",
        "waits": "waiting",
        "wrong": "refused",
    }
    assert foreseen["waits"].detail == "waiting for a model"
    assert foreseen["wrong"].detail.startswith("would be refused because ")
    assert "4 numbers for 2 labels" in foreseen["wrong"].detail

    done = looked(tmp_path)

    release = done["good"].release
    assert foreseen["good"].detail == f"would be published as {release}; dev points to nothing"
    for name in ("waits", "wrong"):
        assert foreseen[name].state == done[name].state
        assert foreseen[name].detail.endswith(done[name].detail)
    after = contents(tmp_path)
    again = looked(tmp_path, dry_run=True)
    assert again["good"].detail == f"settled before: published as {release}; dev points to it"
    assert contents(tmp_path) == after


def looked(registry: Path, *, dry_run: bool = False) -> dict[str, Status]:
    """What one look at every folder told, by model."""
    told: list[Status] = []
    watch = Watch(DirectoryStore(registry), run, "tester", dry_run)
    assert watch.look(told.append, settled=True) == []
    return {status.name: status for status in told}


def contents(folder: Path) -> dict[Path, bytes | None]:
    """Every file and folder below `folder`, hidden ones included."""
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}
