"""A registry is listed: its models, their stages, their releases and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference import layout
from inference.errors import ModelError
from inference.manifest import MANIFEST, release_digest
from inference.stores import Store
from tests.inference.tiny import write_tiny
from tests.training.registry.spoiled import WRITES, Killed, SpoiledStore
from tests.training.registry.steps import NAME, hand, publish
from training.registry.changes import promote, rollback
from training.registry.overview import ModelEntry, ReleaseEntry, find_models
from training.registry.releases import publish_release


def only(models: tuple[ModelEntry, ...]) -> ModelEntry:
    (model,) = models
    return model


def by_digest(model: ModelEntry) -> dict[str, ReleaseEntry]:
    return {each.digest: each for each in model.releases}


def test_stages_and_releases_are_listed_with_who_and_since_when(
    store: Store, old_bundle: Path, new_bundle: Path, third_bundle: Path
) -> None:
    old = publish(store, old_bundle)
    promote(store, NAME, "dev", "prod", hand("bert@lab"))
    new = publish(store, new_bundle)
    promote(store, NAME, "dev", "prod", hand("bert@lab"))
    rollback(store, NAME, "prod", hand("carl@lab"))
    never = publish_release(store, third_bundle, NAME)

    model = only(find_models(store.url))

    assert model.name == NAME
    pointers = {each.stage: each.pointer for each in model.stages}
    assert {stage: (it and (it.release, it.by, it.action)) for stage, it in pointers.items()} == {
        "dev": (new, "anna@lab", "publish"),
        "prod": (old, "carl@lab", "rollback"),
    }
    assert [
        (each.digest, each.stages, each.standing, each.first and each.first.by)
        for each in model.releases
    ] == [
        (new, ("dev",), "current", "anna@lab"),
        (old, ("prod",), "current", "anna@lab"),
        (never, (), "unreferenced", None),
    ]
    accuracies = [each.manifest and each.manifest.accuracy for each in model.releases]
    assert [accuracy and accuracy.top1 for accuracy in accuracies] == [0.75, 0.5, None]


def test_a_release_that_only_a_history_knows_is_no_orphan(
    store: Store, old_bundle: Path, new_bundle: Path
) -> None:
    old = publish(store, old_bundle)
    publish(store, new_bundle)

    assert by_digest(only(find_models(store.url)))[old].standing == "remembered"


def test_one_model_or_all_of_them_are_named_by_their_place(
    store: Store, old_bundle: Path, tmp_path: Path
) -> None:
    publish(store, old_bundle)
    publish_release(store, write_tiny(tmp_path / "b", name="animals"), "animals")

    assert [each.name for each in find_models(store.url)] == ["animals", NAME]
    assert [each.name for each in find_models(f"{store.url}/{NAME}")] == [NAME]
    assert [each.name for each in find_models(f"{store.url}/")] == ["animals", NAME]


@pytest.mark.parametrize("below", ["", "/pets", "/Pets", "/colours@dev"])
def test_where_no_model_is_published_it_is_said(store: Store, old_bundle: Path, below: str) -> None:
    if below:
        publish(store, old_bundle)

    with pytest.raises(ModelError, match=rf"no model is published at .*{below}: name a registry"):
        find_models(store.url + below)


def test_other_files_in_the_store_are_passed_over(store: Store, old_bundle: Path) -> None:
    publish(store, old_bundle)
    for key in ("README.md", "pets/notes.txt", f"{NAME}/status.json", f"{NAME}/incoming/w.h5"):
        store.create(key, b"x")

    assert [each.name for each in find_models(store.url)] == [NAME]


def test_what_a_killed_publisher_left_is_listed_as_not_whole(
    store: Store, old_bundle: Path
) -> None:
    with pytest.raises(Killed):
        publish_release(SpoiledStore(store, 3, Killed, counted=WRITES), old_bundle, NAME)

    (release,) = only(find_models(store.url)).releases

    assert release.manifest is None
    assert release.fault == "not whole: its publisher was interrupted, publish it again"


def test_a_damaged_release_and_a_damaged_pointer_spoil_no_other(
    store: Store, old_bundle: Path, new_bundle: Path
) -> None:
    old, new = publish(store, old_bundle), publish(store, new_bundle)
    key = layout.manifest(NAME, old)
    blob = store.read(key)
    assert blob is not None
    store.replace(key, b"{}", blob.etag)
    store.create(layout.pointer(NAME, "prod"), b"{}")

    model = only(find_models(store.url))

    assert by_digest(model)[new].fault is None
    assert f"{MANIFEST} is not that of release" in (by_digest(model)[old].fault or "")
    faults = {each.stage: each.fault for each in model.stages}
    assert faults["dev"] is None
    assert "this is no pointer" in (faults["prod"] or "")


def test_a_release_with_a_file_missing_is_listed_as_damaged(store: Store, old_bundle: Path) -> None:
    manifest = (old_bundle / MANIFEST).read_bytes()
    store.create(layout.manifest(NAME, release_digest(manifest)), manifest)
    for name in ("golden/answers.json", "golden/one.png", "model.tflite"):
        key = layout.release(NAME, release_digest(manifest)) + name
        store.create(key, (old_bundle / name).read_bytes())

    (release,) = only(find_models(store.url)).releases

    assert release.manifest is not None
    assert release.fault == "damaged: labels.txt is missing"
