"""A release is written once, whole or not at all, and never overwritten."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from inference import layout
from inference.bundle import read_bundle
from inference.errors import BundleDamaged, GoldenMismatch, ModelError, SourceUnavailable
from inference.manifest import MANIFEST, release_digest
from inference.stores import Store
from inference.stores.directory import DirectoryStore
from tests.inference.tiny import write_tiny
from tests.training.registry.spoiled import WRITES, Killed, SpoiledStore, unavailable
from tests.training.registry.steps import NAME, NewStore, everything
from training.registry.lookup import find_release
from training.registry.releases import publish_release, read_release, verified_release


def files_of(folder: Path) -> dict[str, bytes]:
    """The files of a bundle's folder by their path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_every_file_lies_under_the_digest_of_the_manifest(store: Store, old_bundle: Path) -> None:
    digest = publish_release(store, old_bundle, NAME)

    assert digest == release_digest((old_bundle / MANIFEST).read_bytes())
    assert everything(store) == {
        f"{NAME}/releases/{digest}/{path}": data for path, data in files_of(old_bundle).items()
    }


def test_a_bundle_that_was_read_is_published_as_its_folder_is(
    store: Store, old_bundle: Path
) -> None:
    bundle = read_bundle(DirectoryStore(old_bundle))

    assert publish_release(store, bundle, NAME) == bundle.release
    assert verified_release(store, NAME, bundle.release).digest == bundle.release


def test_publishing_again_writes_nothing(store: Store, old_bundle: Path) -> None:
    digest = publish_release(store, old_bundle, NAME)
    watched = SpoiledStore(store, at=1, counted=WRITES)

    assert publish_release(watched, old_bundle, NAME) == digest
    assert watched.calls == []


@pytest.mark.parametrize("late", [False, True], ids=["before the write", "after the write"])
def test_a_publisher_killed_at_any_write_leaves_no_release_and_the_next_completes_it(
    new_store: NewStore, old_bundle: Path, late: bool
) -> None:
    files = files_of(old_bundle)
    digest = release_digest(files[MANIFEST])
    for at in range(1, len(files) + 1):
        store = new_store()
        spoiled = SpoiledStore(store, at, Killed, late=late, counted=WRITES)
        with pytest.raises(Killed):
            publish_release(spoiled, old_bundle, NAME)
        is_whole = late and at == len(files)
        assert (store.read(layout.manifest(NAME, digest)) is not None) == is_whole
        if not is_whole:
            with pytest.raises(ModelError, match="is not published here"):
                read_release(store, NAME, digest)

        assert publish_release(store, old_bundle, NAME) == digest
        assert verified_release(store, NAME, digest).digest == digest
        assert {key.rpartition(f"{digest}/")[2] for key in store.list("")} == set(files)


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("late", [False, True], ids=["before the work", "after the work"])
def test_storage_that_fails_at_any_step_of_publishing_leaves_a_release_that_can_be_completed(
    new_store: NewStore, old_bundle: Path, late: bool, lasting: bool
) -> None:
    for at in count(1):
        store = new_store()
        spoiled = SpoiledStore(store, at, unavailable, late=late, lasting=lasting)
        try:
            publish_release(spoiled, old_bundle, NAME)
        except SourceUnavailable:
            assert spoiled.was_hit
        else:
            assert not spoiled.was_hit
            break
        digest = publish_release(store, old_bundle, NAME)
        assert verified_release(store, NAME, digest).digest == digest
    assert at > len(files_of(old_bundle))


def test_two_publishers_of_the_same_bundle_do_not_disturb_each_other(
    store: Store, old_bundle: Path
) -> None:
    class Racing(SpoiledStore):
        def list(self, prefix: str) -> Iterator[str]:
            """Look, and let somebody else publish before anything is written."""
            found = [*self.inner.list(prefix)]
            publish_release(self.inner, old_bundle, NAME)
            return iter(found)

    digest = publish_release(Racing(store, at=0), old_bundle, NAME)

    assert verified_release(store, NAME, digest).digest == digest


def test_other_bytes_in_its_place_are_never_overwritten(store: Store, old_bundle: Path) -> None:
    digest = release_digest((old_bundle / MANIFEST).read_bytes())
    key = layout.release(NAME, digest) + "labels.txt"
    store.create(key, b"something else")

    with pytest.raises(BundleDamaged, match=r"labels\.txt .* nothing was overwritten"):
        publish_release(store, old_bundle, NAME)

    blob = store.read(key)
    assert blob is not None
    assert blob.data == b"something else"
    assert store.read(layout.manifest(NAME, digest)) is None


def test_a_bundle_with_a_flipped_bit_is_not_published(
    store: Store, old_bundle: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(old_bundle, tmp_path / "copy"))
    model = bytearray((folder / "model.tflite").read_bytes())
    model[100] ^= 1
    (folder / "model.tflite").write_bytes(model)

    with pytest.raises(BundleDamaged, match="is not the file that was published"):
        publish_release(store, folder, NAME)

    assert not [key for key in store.list("") if key.endswith(MANIFEST)]


def test_a_bundle_that_is_replaced_while_it_is_published_leaves_no_release(
    store: Store, old_bundle: Path, new_bundle: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(old_bundle, tmp_path / "copy"))
    bundle = read_bundle(DirectoryStore(folder))
    shutil.copy(new_bundle / MANIFEST, folder)

    with pytest.raises(BundleDamaged, match=r"model\.json was changed while"):
        publish_release(store, bundle, NAME)

    assert not [key for key in store.list("") if key.endswith(MANIFEST)]


@pytest.mark.parametrize("name", ["Colours", "releases", "a/b", "", "..", "x" * 64])
def test_a_name_that_no_model_can_have_is_refused(
    store: Store, old_bundle: Path, name: str
) -> None:
    with pytest.raises(ModelError, match="no model can be called"):
        publish_release(store, old_bundle, name)


def test_a_bundle_of_another_model_is_refused(store: Store, old_bundle: Path) -> None:
    with pytest.raises(ModelError, match=r"calls its model 'colours' and cannot be .* 'pets'"):
        publish_release(store, old_bundle, "pets")

    assert everything(store) == {}


def test_what_is_no_bundle_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model\.json lies there"):
        publish_release(store, tmp_path, NAME)


def test_a_release_is_found_by_stage_by_digest_and_by_its_beginning(
    store: Store, old_bundle: Path, new_bundle: Path
) -> None:
    old, new = (publish_release(store, each, NAME) for each in (old_bundle, new_bundle))

    assert [find_release(store, NAME, old), find_release(store, NAME, new[:7])] == [old, new]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dev", "'colours' has no stage 'dev'; see: microlens list .*/colours"),
        ("0" * 12, "has neither a stage nor a release '000000000000'"),
        ("0" * 64, "has neither a stage nor a release"),
    ],
    ids=["stage", "beginning", "digest"],
)
def test_what_is_not_there_is_said_with_the_command_that_helps(
    store: Store, old_bundle: Path, text: str, said: str
) -> None:
    publish_release(store, old_bundle, NAME)

    with pytest.raises(ModelError, match=said):
        find_release(store, NAME, text)


def test_a_beginning_that_two_releases_share_is_refused(store: Store) -> None:
    for last in "12":
        store.create(layout.manifest(NAME, "abcdef0" + "0" * 56 + last), b"{}")

    with pytest.raises(ModelError, match="2 releases of 'colours' begin with abcdef0"):
        find_release(store, NAME, "abcdef0")


def test_a_release_that_is_not_whole_is_not_found(store: Store) -> None:
    digest = "abcdef0" + "0" * 57
    store.create(layout.release(NAME, digest) + "labels.txt", b"red\n")

    with pytest.raises(ModelError, match="neither a stage nor a release"):
        find_release(store, NAME, digest[:12])


def test_golden_answers_that_it_does_not_give_are_told_with_its_digest(
    store: Store, wrong_bundle: Path
) -> None:
    digest = publish_release(store, wrong_bundle, NAME)

    with pytest.raises(
        GoldenMismatch, match=rf"release {digest[:12]} of 'colours': the model gives"
    ):
        verified_release(store, NAME, digest)


def test_a_name_of_the_longest_kind_is_published(store: Store, tmp_path: Path) -> None:
    name = "a" * 63

    digest = publish_release(store, write_tiny(tmp_path / "b", name=name), name)

    assert read_release(store, name, digest).manifest.name == name
