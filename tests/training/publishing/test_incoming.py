"""Files that are dropped, in any order and however often announced, become one release."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inference import layout
from inference.stores import Store, Tag, open_store
from tests.training.publishing.colours import LABELS, colour_picture
from tests.training.publishing.dropping import (
    LABELS_TXT,
    NAME,
    RECIPE_JSON,
    Counted,
    attended,
    drop,
    incoming,
    release_of,
)
from training.dropped import missing
from training.incoming import Incoming
from training.jobs import run
from training.status import read_status


@pytest.mark.tensorflow
def test_files_in_any_order_are_waited_for_and_published_once(
    registry: Store, flatbuffer: bytes
) -> None:
    files = {"model.tflite": flatbuffer, "labels.txt": LABELS_TXT, "recipe.json": RECIPE_JSON}
    counted = Counted()
    for name in ("labels.txt", "model.tflite"):
        drop(registry, name, files[name])
        assert attended(registry, counted).state == "waiting"
    drop(registry, "recipe.json", files["recipe.json"])
    status = attended(registry, counted)
    assert status.state == "published"
    assert attended(registry, counted) == status
    assert counted.jobs == 1
    assert status.release == release_of(registry)
    assert status.files.keys() == files.keys()
    assert incoming(registry).look().keys() == files.keys()


@pytest.mark.tensorflow
def test_every_order_ends_in_the_same_release(tmp_path: Path, flatbuffer: bytes) -> None:
    files = {"model.tflite": flatbuffer, "labels.txt": LABELS_TXT, "recipe.json": RECIPE_JSON}
    found = set()
    for number, order in enumerate(itertools.permutations(files)):
        store = open_store(str(tmp_path / str(number)))
        for name in order:
            drop(store, name, files[name])
            attended(store)
        found.add(release_of(store))
    assert len(found) == 1


@pytest.mark.tensorflow
def test_what_is_refused_is_not_tried_again_until_it_changes(
    registry: Store, flatbuffer: bytes
) -> None:
    counted = Counted()
    drop(registry, "model.tflite", flatbuffer)
    drop(registry, "recipe.json", RECIPE_JSON)
    drop(registry, "labels.txt", b"red\ngreen\n")

    refused = attended(registry, counted)
    assert refused.state == "refused"
    assert "4 numbers for 2 labels" in refused.detail
    assert attended(registry, counted, worker="another") == refused
    assert registry.read(layout.pointer(NAME, "dev")) is None

    drop(registry, "labels.txt", LABELS_TXT)
    assert attended(registry, counted).state == "published"
    drop(registry, "labels.txt", b"red\n")
    assert attended(registry, counted).state == "refused"
    assert attended(registry, counted).release is None
    assert release_of(registry)


@pytest.mark.tensorflow
def test_pictures_in_the_folder_make_up_for_a_recipe(folder: Store, flatbuffer: bytes) -> None:
    for label, number in itertools.product(LABELS, range(6)):
        brightness = 0.52 + number / 50
        drop(folder, f"pictures/{label}/{number}.png", colour_picture(label, brightness, number))
    assert attended(folder).detail == "waiting for a model"
    drop(folder, "labels.txt", LABELS_TXT)
    drop(folder, "model.tflite", flatbuffer)

    status = attended(folder)

    assert status.state == "published", status.detail
    manifest = folder.read(layout.manifest(NAME, release_of(folder)))
    assert manifest is not None
    assert json.loads(manifest.data)["recipe"]["std"] == [255.0]
    assert json.loads(manifest.data)["accuracy"]["pictures"] == 24


@pytest.mark.parametrize(
    ("names", "waits_for"),
    [
        ((), ("a model",)),
        (("labels.txt", "recipe.json"), ("a model",)),
        (("notes.md",), ("a model",)),
        (("model.keras",), ("labels.txt", "recipe.json or pictures/CLASS/…")),
        (("architecture.json", "labels.txt", "recipe.json"), ("weights.h5",)),
        (("model.keras", "labels.txt", "recipe.json"), ()),
        (("model.h5", "labels.txt", "pictures/a/1.jpg"), ()),
        (
            (
                "saved_model/saved_model.pb",
                "saved_model/assets/a.json",
                "labels.txt",
                "recipe.json",
            ),
            (),
        ),
    ],
)
def test_what_is_missing_is_told_from_names(
    names: tuple[str, ...], waits_for: tuple[str, ...]
) -> None:
    assert missing(names) == waits_for


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a.keras", "b.tflite", "labels.txt"), "more than one model"),
        (("model.pkl", "labels.txt"), "'model.pkl' is no Keras model"),
        (("mine/model.keras", "mine/labels.txt"), "the folder 'mine' was dropped with labels.txt"),
        (("labels.txt", "recipe.json", "b/x.tflite"), "put the files themselves into incoming/"),
    ],
)
def test_files_that_never_become_a_model_are_refused(
    folder: Store, names: tuple[str, ...], words: str
) -> None:
    for name in names:
        drop(folder, name, b"x")

    status = attended(folder)

    assert status.state == "refused"
    assert words in status.detail


@pytest.mark.tensorflow
def test_links_are_followed_inside_the_folder_and_never_out_of_it(
    folder: Store, flatbuffer: bytes, tmp_path: Path
) -> None:
    """Whoever may drop files may not read all that the watcher may."""
    drop(folder, "model.tflite", flatbuffer)
    drop(folder, "recipe.json", RECIPE_JSON)
    dropped = tmp_path / "registry" / layout.incoming(NAME)
    (tmp_path / "secret").write_bytes(LABELS_TXT)
    (dropped / "labels.txt").symlink_to(tmp_path / "secret")

    refused = attended(folder)

    assert refused.detail.startswith(
        "refused because labels.txt is a link that leads out of incoming/"
    )
    assert folder.read(layout.pointer(NAME, "dev")) is None
    (dropped / "labels.txt").unlink()
    (dropped / "other.txt").write_bytes(LABELS_TXT)
    (dropped / "labels.txt").symlink_to("other.txt")
    assert attended(folder).state == "published"


def test_an_empty_folder_has_no_status(folder: Store) -> None:
    assert incoming(folder).attend() is None
    assert read_status(folder, NAME) == (None, None)


def test_a_status_that_is_none_of_ours_is_written_over(folder: Store) -> None:
    folder.create(layout.status(NAME), b"something else")
    drop(folder, "labels.txt", LABELS_TXT)

    assert attended(folder).state == "waiting"
    assert replace(incoming(folder), worker="b").attend() == attended(folder)


def test_keys_that_are_no_names_of_files_are_left_alone(folder: Store) -> None:
    folder.create("some", b"thing")

    class Odd:
        """A store in which somebody made keys that are no paths."""

        def list(self, prefix: str) -> Iterator[str]:
            return iter([prefix, f"{prefix}../up.h5", f"{prefix}a//b.h5", f"{prefix}good.h5"])

        def tag(self, key: str) -> Tag | None:
            return folder.tag("some") if key.endswith(".h5") else None

    odd = Incoming(Odd(), NAME, run, "tester")  # type: ignore[arg-type]  # only these are asked

    assert list(odd.look()) == ["good.h5"]
