"""A stage, a release and a bundle are described by whatever they are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.errors import ModelError
from inference.stores import Store
from tests.training.registry.steps import NAME, publish
from training.registry.description import describe


def test_a_stage_is_described_with_its_pointer(store: Store, old_bundle: Path) -> None:
    digest = publish(store, old_bundle)

    found = describe(f"{store.url}/{NAME}@dev")

    assert found.bundle.release == digest
    assert found.labels == ("red", "green", "blue")
    assert found.pointer is not None
    assert (found.pointer.stage, found.pointer.release) == ("dev", digest)


def test_a_release_is_described_by_its_digest_its_beginning_and_its_folder(
    store: Store, old_bundle: Path
) -> None:
    digest = publish(store, old_bundle)
    model = f"{store.url}/{NAME}"

    for text in (f"{model}@{digest}", f"{model}@{digest[:9]}", f"{model}/releases/{digest}"):
        found = describe(text)
        assert (found.bundle.release, found.pointer) == (digest, None)


def test_a_bundle_in_a_folder_is_described(old_bundle: Path) -> None:
    found = describe(str(old_bundle))

    assert (found.bundle.manifest.name, found.pointer) == (NAME, None)


@pytest.mark.parametrize(
    ("below", "said"),
    [
        ("@prod", "'colours' has no stage 'prod'"),
        ("@0123456", "neither a stage nor a release '0123456'"),
        ("@" + "0" * 64, "neither a stage nor a release"),
        ("", r"no model\.json lies there; a stage is STORE/NAME@STAGE"),
        ("@Prod", r"no model\.json lies there"),
    ],
)
def test_what_is_not_there_is_said(store: Store, old_bundle: Path, below: str, said: str) -> None:
    publish(store, old_bundle)

    with pytest.raises(ModelError, match=said):
        describe(f"{store.url}/{NAME}{below}")
