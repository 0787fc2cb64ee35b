"""Plain files in a folder or a prefix: served as they lie, and waited for while they do not fit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from inference.errors import HostileModel, ModelError, ModelIncomplete
from inference.manifest import LABELS, MANIFEST
from inference.model import Model
from inference.references import BundleReference, parse_reference
from inference.serving import Serving
from inference.snapshots import WELL_KNOWN
from inference.stores import Store, open_store
from tests.inference.clocks import Clock
from tests.inference.generations import ARCHITECTURE, RECIPE, WEIGHTS, Generation
from tests.inference.networks import QUANTISATION, DType, channel_means
from tests.inference.registered import write
from tests.inference.tiny import HEIGHT, WIDTH, write_tiny
from tests.inference.watched import Watched

PIXELS = np.zeros((HEIGHT, WIDTH, 3), np.uint8) + np.array([255, 51, 0], np.uint8)


@pytest.fixture(params=["directory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store of each kind."""
    if request.param == "directory":
        return open_store(str(tmp_path / "Our Cats"))
    request.getfixturevalue("on_seaweed")
    return open_store(f"s3://{request.getfixturevalue('bucket')}/Our Cats")


def put(store: Store, files: dict[str, bytes]) -> BundleReference:
    for name, data in files.items():
        write(store, name, data)
    return BundleReference(store)


def colours(dtype: DType = "float32") -> dict[str, bytes]:
    """A LiteRT network that says how red, green and blue a picture is, with all that it needs."""
    return {
        "model.tflite": channel_means(WIDTH, HEIGHT, dtype),
        "labels.txt": b"red\ngreen\nblue\n",
        "recipe.json": RECIPE,
    }


@pytest.mark.parametrize("dtype", ["float32", *QUANTISATION])
def test_a_litert_file_is_served_with_what_it_says_of_itself(store: Store, dtype: DType) -> None:
    bundle = put(store, colours(dtype)).bundle()

    model = Model(bundle)
    assert bundle.manifest.name == "our-cats"
    assert bundle.manifest.loader == "litert"
    assert (bundle.manifest.input.dtype, model.size) == (dtype, (WIDTH, HEIGHT))
    assert model.scores(PIXELS) == pytest.approx([1.0, 0.2, 0.0], abs=0.005)
    assert [each.label for each in model.predictions(model.scores(PIXELS), 2, 0)] == [
        "red",
        "green",
    ]


def test_the_same_files_are_the_same_release_wherever_they_lie(tmp_path: Path) -> None:
    one = put(open_store(str(tmp_path / "a" / "cats")), colours()).bundle()
    other = put(open_store(str(tmp_path / "b" / "cats")), colours()).bundle()
    third = put(
        open_store(str(tmp_path / "c" / "cats")), {**colours(), "labels.txt": b"a\nb\nc\n"}
    ).bundle()

    assert one.release == other.release != third.release


WAITING: dict[str, tuple[dict[str, bytes], str]] = {
    "no recipe": ({"recipe.json": b""}, "the recipe or the model cannot be used"),
    "half a recipe": ({"recipe.json": b'{"scale": 0.0'}, "the recipe or the model cannot be used"),
    "an unknown word in the recipe": ({"recipe.json": b'{"size": 3}'}, "size: Extra inputs"),
    "a recipe in grey": (
        {"recipe.json": b'{"colour": "L"}'},
        "of 3 channels and the recipe",
    ),
    "too few labels": ({"labels.txt": b"red\n"}, "labels.txt has 1 line and the model answers"),
    "labels in no known letters": ({"labels.txt": b"\xff\xfe"}, "not UTF-8"),
    "a network cut off": ({"model.tflite": b"\x1c\0\0\0TFL3" + bytes(50)}, "LiteRT cannot load"),
}


@pytest.mark.parametrize(("files", "says"), WAITING.values(), ids=WAITING.keys())
def test_what_does_not_fit_is_waited_for_and_said(
    tmp_path: Path, files: dict[str, bytes], says: str
) -> None:
    with pytest.raises(ModelIncomplete, match=says) as refusal:
        put(open_store(str(tmp_path)), {**colours(), **files}).bundle()
    assert str(tmp_path) not in str(refusal.value)


@pytest.mark.parametrize("missing", ["labels.txt", "recipe.json"])
def test_a_file_that_is_missing_is_named(store: Store, missing: str) -> None:
    files = colours()
    del files[missing]

    with pytest.raises(ModelIncomplete, match=f"waiting for {missing}") as refusal:
        put(store, files).bundle()

    assert ("`microlens doctor" in str(refusal.value)) == (missing == "recipe.json")


@pytest.mark.parametrize("missing", [ARCHITECTURE, WEIGHTS])
def test_half_a_keras_model_waits_for_the_other_half(store: Store, missing: str) -> None:
    files = {**Generation(1).files(), "recipe.json": RECIPE}
    del files[missing]

    with pytest.raises(ModelIncomplete, match=f"waiting for {missing}"):
        put(store, files).bundle()


def test_a_place_with_nothing_of_a_model_says_what_may_lie_there(store: Store) -> None:
    with pytest.raises(ModelError, match=r"no model\.json lies there.*\.keras"):
        put(store, {"labels.txt": b"red\n"}).bundle()


def test_weights_of_another_architecture_are_refused_before_anything_is_built(
    store: Store,
) -> None:
    files = {**Generation(1).files(), WEIGHTS: Generation(2).files()[WEIGHTS]}

    with pytest.raises(ModelIncomplete, match="they do not belong together"):
        put(store, {**files, "recipe.json": RECIPE}).bundle()


def test_a_hostile_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    document = json.loads(Generation(1).files()[ARCHITECTURE])
    document["config"]["layers"][1]["class_name"] = "Lambda"
    files = {**Generation(1).files(), ARCHITECTURE: json.dumps(document).encode()}

    with pytest.raises(HostileModel):
        put(open_store(str(tmp_path)), {**files, "recipe.json": RECIPE}).bundle()


def test_keras_without_a_description_of_the_picture_is_sent_to_publish(tmp_path: Path) -> None:
    document = json.loads(Generation(1).files()[ARCHITECTURE])
    document["config"]["layers"][0]["config"]["batch_input_shape"] = [None, None, None, 3]
    document["config"]["layers"][0]["class_name"] = "GlobalAveragePooling2D"
    files = {**Generation(1).files(), ARCHITECTURE: json.dumps(document).encode()}

    with pytest.raises(ModelIncomplete, match="microlens publish"):
        put(open_store(str(tmp_path)), {**files, "recipe.json": RECIPE}).bundle()


def test_an_architecture_that_is_called_model_json_is_no_broken_manifest(store: Store) -> None:
    files = {**Generation(1).files(), "recipe.json": RECIPE}
    files[MANIFEST] = files.pop(ARCHITECTURE)

    bundle = put(store, files).bundle()

    assert bundle.manifest.loader == "tensorflow"
    assert bundle.manifest.output.activation == "softmax"
    assert sorted(bundle.manifest.files) == [LABELS, "source/model.json", "source/weights.h5"]


def test_a_prefix_is_never_listed_and_quiet_looks_ask_once_for_each_file(
    bucket: str, on_seaweed: None
) -> None:
    assert on_seaweed is None
    watched = Watched(open_store(f"s3://{bucket}/plain"))
    put(watched, colours())
    clock = Clock()
    serving = Serving(BundleReference(watched), 30.0, clock, lambda work: work())
    watched.heal()
    serving.current()
    assert [asked for asked in watched.asked if asked.startswith("list")] == []
    assert len([asked for asked in watched.asked if asked.startswith("tag")]) <= (
        len(WELL_KNOWN) + len(colours())
    )
    watched.heal()

    clock.now += 30
    serving.current()

    tags = [f"tag {name}" for name in sorted(colours())]
    assert watched.asked == [f"read_changed {MANIFEST}", *tags]


def test_plain_files_are_followed_and_what_was_read_is_not_kept_in_memory(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    reference, clock = put(store, colours()), Clock()
    serving = Serving(reference, 30.0, clock, lambda work: work())
    assert serving.current().labels == ("red", "green", "blue")
    write(store, "labels.txt", b"rot\ngelb\nblau\n")

    for _ in range(2):
        clock.now += 30
        serving.current()

    assert serving.current().labels == ("rot", "gelb", "blau")
    assert serving.current().bundle.store.read("model.tflite") is None


def test_a_bundle_whose_files_arrive_after_its_manifest_is_served_when_they_are_there(
    tmp_path: Path,
) -> None:
    write_tiny(tmp_path / "old")
    new = write_tiny(tmp_path / "new", files={"labels.txt": b"rot\ngelb\nblau\n"})
    clock = Clock()
    serving = Serving(parse_reference(str(tmp_path / "old")), 30.0, clock, lambda work: work())
    assert serving.current().labels == ("red", "green", "blue")

    (tmp_path / "old" / MANIFEST).write_bytes((new / MANIFEST).read_bytes())
    for _ in range(6):
        clock.now += 30
        assert serving.current().labels == ("red", "green", "blue")
    assert "'labels.txt' is not the file" in str(serving.history.last_failure)
    assert serving.history.failed_swaps == 1
    (tmp_path / "old" / "labels.txt").write_bytes((new / "labels.txt").read_bytes())
    clock.now += 30
    serving.current()

    assert serving.current().labels == ("rot", "gelb", "blau")
