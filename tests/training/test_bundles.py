"""A bundle is written whole or not at all, and the same bytes each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.bundle import read_bundle
from inference.errors import ModelError
from inference.manifest import Input, Manifest, Origin, Output, Quantisation
from inference.recipe import Recipe
from inference.stores.directory import DirectoryStore
from training.bundles import digests, load_draft, write_bundle

FILES = {"model.tflite": b"flat", "labels.txt": b"cat\ndog\n", "golden/cat.png": b"a cat"}


def manifest(files: dict[str, bytes]) -> Manifest:
    """Words that fit `files`; nobody loads the model here."""
    return Manifest(
        name="pets",
        loader="litert",
        input=Input(width=8, height=8, dtype="uint8"),
        recipe=Recipe(),
        output=Output(classes=2, activation="none"),
        quantisation=Quantisation(scheme="none"),
        origin=Origin(source="a test"),
        made_by={},
        files=digests(files),
    )


def content(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`, hidden ones too."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_what_is_written_is_a_bundle_under_its_digest(tmp_path: Path) -> None:
    release = write_bundle(tmp_path / "new" / "pets", manifest(FILES), FILES)
    bundle = read_bundle(DirectoryStore(tmp_path / "new" / "pets"), release=release)
    assert bundle.labels() == ("cat", "dog")
    assert {name: bundle.read(name) for name in FILES} == FILES
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["pets"]


def test_the_same_input_gives_the_same_bytes_whatever_its_order(tmp_path: Path) -> None:
    backwards = dict(reversed(FILES.items()))
    first = write_bundle(tmp_path / "first", manifest(FILES), FILES)
    second = write_bundle(tmp_path / "second", manifest(backwards), backwards)
    assert first == second
    assert content(tmp_path / "first") == content(tmp_path / "second")


def test_a_new_bundle_takes_the_place_of_the_old_one_and_leaves_nothing_of_it(
    tmp_path: Path,
) -> None:
    write_bundle(tmp_path / "pets", manifest(FILES), FILES)
    fewer = {name: FILES[name] for name in ("model.tflite", "labels.txt")}
    write_bundle(tmp_path / "pets", manifest(fewer), fewer)
    assert set(content(tmp_path)) == {"pets/model.json", "pets/model.tflite", "pets/labels.txt"}


def test_a_failure_in_the_middle_leaves_no_folder(tmp_path: Path) -> None:
    unwritable = {**FILES, "labels.txt/inside": b"labels.txt is a file, not a folder"}
    with pytest.raises(OSError, match=r"labels\.txt"):
        write_bundle(tmp_path / "pets", manifest(unwritable), unwritable)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_in_the_middle_leaves_the_old_bundle(tmp_path: Path) -> None:
    write_bundle(tmp_path / "pets", manifest(FILES), FILES)
    before = content(tmp_path)
    unwritable = {**FILES, "labels.txt/inside": b"labels.txt is a file, not a folder"}
    with pytest.raises(OSError, match=r"labels\.txt"):
        write_bundle(tmp_path / "pets", manifest(unwritable), unwritable)
    assert content(tmp_path) == before


def test_a_failure_at_the_last_step_brings_the_old_bundle_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bundle(tmp_path / "pets", manifest(FILES), FILES)
    before = content(tmp_path)
    rename = Path.replace

    def fail_for_the_new(path: Path, target: Path) -> Path:
        if path.name == "new":
            raise OSError("the disk went away")
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", fail_for_the_new)
    with pytest.raises(OSError, match="the disk went away"):
        write_bundle(tmp_path / "pets", manifest(FILES), FILES)
    assert content(tmp_path) == before


def test_a_folder_that_is_no_bundle_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ModelError, match="something else than a bundle"):
        write_bundle(tmp_path, manifest(FILES), FILES)
    assert content(tmp_path) == {"thesis.txt": b"years of work"}


def test_a_manifest_of_other_files_is_refused(tmp_path: Path) -> None:
    changed = {**FILES, "model.tflite": b"another"}
    with pytest.raises(ModelError, match="does not list the files"):
        write_bundle(tmp_path / "pets", manifest(FILES), changed)
    assert list(tmp_path.iterdir()) == []


def test_a_draft_that_no_loader_can_read_is_refused() -> None:
    with pytest.raises(ModelError, match="LiteRT cannot load"), load_draft(manifest(FILES), FILES):
        pytest.fail("four bytes are no model")
