"""Files that are dropped, in any order and however often announced, become one release."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inference import layout
from inference import s3 as our_s3
from inference.errors import SourceUnavailable
from inference.stores import Store, Tag, open_store
from tests.servers.seaweed import Seaweed
from tests.training.publishing.colours import LABELS, colour_picture
from training.incoming import Incoming, missing
from training.jobs import Conversion, Job, run
from training.status import CLAIM, Status, is_settled, read_status

NAME = "colours"
LABELS_TXT = "".join(f"{label}\n" for label in LABELS).encode()
RECIPE_JSON = b'{"std": [255.0]}'


@pytest.fixture(params=["folder", "s3"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty registry, in a folder and in a bucket."""
    if request.param == "folder":
        yield open_store(str(tmp_path / "registry"))
        return
    seaweed: Seaweed = request.getfixturevalue("seaweed")
    bucket: str = request.getfixturevalue("bucket")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in seaweed.environment().items():
            patch.setenv(name, value)
        our_s3.client.cache_clear()
        yield open_store(f"s3://{bucket}/some/registry")
        our_s3.client().close()
    our_s3.client.cache_clear()


@pytest.fixture
def folder(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "registry"))


def drop(store: Store, name: str, content: bytes) -> None:
    """Put a file into the incoming folder, over what lies there."""
    key = layout.incoming(NAME) + name
    present = store.read(key)
    if present:
        store.replace(key, content, present.etag)
    else:
        store.create(key, content)


class Counted:
    """Conversions in this process, counted."""

    def __init__(self) -> None:
        self.jobs = 0

    def __call__(self, job: Job) -> Conversion:
        self.jobs += 1
        return run(job)


def incoming(store: Store, convert: Counted | None = None, worker: str = "tester") -> Incoming:
    return Incoming(store, NAME, convert or Counted(), worker)


def attended(store: Store, convert: Counted | None = None, worker: str = "tester") -> Status:
    status = incoming(store, convert, worker).attend()
    assert status is not None
    kept, _ = read_status(store, NAME)
    assert kept == status
    return status


def release_of(store: Store) -> str:
    blob = store.read(layout.pointer(NAME, "dev"))
    assert blob is not None
    return str(json.loads(blob.data)["release"])


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


def test_an_empty_folder_has_no_status(folder: Store) -> None:
    assert incoming(folder).attend() is None
    assert read_status(folder, NAME) == (None, None)


NOW = datetime(2026, 1, 2, tzinfo=UTC)
FILES = {"model.keras": "1"}
CONVERTING = Status(
    name=NAME, state="converting", detail="…", at=NOW, files=FILES, worker="lambda a"
)
REFUSED = CONVERTING.model_copy(update={"state": "refused"})


@pytest.mark.parametrize(
    ("status", "files", "worker", "after", "settled"),
    [
        pytest.param(None, FILES, "a", 0, False, id="nothing was ever said"),
        pytest.param(REFUSED, FILES, "lambda b", 9_999, True, id="judged"),
        pytest.param(REFUSED, {"model.keras": "2"}, "lambda b", 0, False, id="another file"),
        pytest.param(CONVERTING, FILES, "lambda b", 60, True, id="somebody else is at it"),
        pytest.param(CONVERTING, FILES, "lambda a", 60, False, id="our own try was interrupted"),
        pytest.param(CONVERTING, {}, "lambda b", 60, False, id="at it, with other files"),
        pytest.param(
            CONVERTING, FILES, "lambda b", CLAIM.total_seconds() + 1, False, id="he has died"
        ),
    ],
)
def test_when_there_is_nothing_to_do(
    status: Status | None, files: dict[str, str], worker: str, after: float, settled: bool
) -> None:
    assert is_settled(status, files, worker, NOW + timedelta(seconds=after)) is settled


@pytest.mark.tensorflow
def test_two_workers_at_once_convert_once(folder: Store, flatbuffer: bytes) -> None:
    drop(folder, "model.tflite", flatbuffer)
    drop(folder, "labels.txt", LABELS_TXT)
    drop(folder, "recipe.json", RECIPE_JSON)
    other = Counted()
    states = []

    class Meanwhile(Counted):
        def __call__(self, job: Job) -> Conversion:
            states.append(attended(folder, other, worker="another").state)
            return super().__call__(job)

    status = attended(folder, Meanwhile())

    assert (states, other.jobs, status.state) == (["converting"], 0, "published")


@pytest.mark.tensorflow
def test_files_replaced_while_they_are_converted_win(folder: Store, flatbuffer: bytes) -> None:
    drop(folder, "model.tflite", flatbuffer)
    drop(folder, "labels.txt", LABELS_TXT)
    drop(folder, "recipe.json", RECIPE_JSON)
    newer = b"crimson\nlime\nnavy\nblack\n"

    class Replaced(Counted):
        def __call__(self, job: Job) -> Conversion:
            if not self.jobs:
                drop(folder, "labels.txt", newer)
                assert attended(folder, Counted(), worker="another").state == "published"
            return super().__call__(job)

    status = incoming(folder, Replaced()).attend()

    assert status is not None
    assert (status.worker, status.state) == ("another", "published")
    labels = folder.read(layout.release(NAME, release_of(folder)) + "labels.txt")
    assert labels is not None
    assert labels.data == newer


@pytest.mark.tensorflow
def test_a_storage_that_fails_once_is_asked_again_by_the_same_worker(
    folder: Store, flatbuffer: bytes
) -> None:
    drop(folder, "model.tflite", flatbuffer)
    drop(folder, "labels.txt", LABELS_TXT)
    drop(folder, "recipe.json", RECIPE_JSON)

    class Broken(Counted):
        def __call__(self, _: Job) -> Conversion:
            raise SourceUnavailable("the storage does not answer")

    with pytest.raises(SourceUnavailable):
        incoming(folder, Broken()).attend()
    status, _ = read_status(folder, NAME)
    assert status is not None
    assert status.state == "converting"

    assert attended(folder).state == "published"


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
