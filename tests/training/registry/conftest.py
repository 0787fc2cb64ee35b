"""Registries on every kind of store, and two releases to put into them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import pytest
from PIL import Image

from inference.manifest import LABELS, Accuracy
from inference.recipe import Recipe
from inference.stores import Store, open_store
from inference.stores.directory import DirectoryStore
from tests.inference.tiny import golden_of, write_tiny
from tests.training.registry.steps import NewStore

RIGHT: Mapping[int, float] = {0: 1.0, 1: 0.0, 2: 0.0}
WRONG: Mapping[int, float] = {2: 1.0, 1: 0.0, 0: 0.0}


def red() -> bytes:
    """A red picture, PNG."""
    file = io.BytesIO()
    Image.new("RGB", (6, 4), (255, 0, 0)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="session")
def old_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny bundle with golden answers."""
    folder = tmp_path_factory.mktemp("old")
    return write_tiny(
        folder,
        files=golden_of(red(), RIGHT),
        accuracy=Accuracy(top1=0.5, pictures=10, data_sha256="0" * 64),
    )


@pytest.fixture(scope="session")
def new_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another release of the same model: another label, recipe and accuracy."""
    folder = tmp_path_factory.mktemp("new")
    return write_tiny(
        folder,
        files={**golden_of(red(), RIGHT), LABELS: b"crimson\ngreen\nblue\n"},
        recipe=Recipe(scale=1 / 255, resize="nearest"),
        accuracy=Accuracy(top1=0.75, pictures=10, data_sha256="0" * 64),
    )


@pytest.fixture(scope="session")
def third_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A third release, which differs in its recipe."""
    folder = tmp_path_factory.mktemp("third")
    return write_tiny(
        folder, files=golden_of(red(), RIGHT), recipe=Recipe(scale=1 / 255, resize="box")
    )


@pytest.fixture(scope="session")
def wrong_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release that expects golden answers which its model does not give."""
    return write_tiny(tmp_path_factory.mktemp("wrong"), files=golden_of(red(), WRONG))


@pytest.fixture
def s3_url(on_seaweed: None, bucket: str) -> str:
    """A prefix of an empty bucket, which our own S3 client reaches in this test."""
    assert on_seaweed is None
    return f"s3://{bucket}/some/registry"


@pytest.fixture(params=["directory", "s3"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> NewStore:
    """Makes empty registries: on disk, and in S3."""
    if request.param == "directory":
        numbers = count()
        return lambda: DirectoryStore(tmp_path / f"registry-{next(numbers)}")
    url, numbers = request.getfixturevalue("s3_url"), count()
    return lambda: open_store(f"{url}-{next(numbers)}")


@pytest.fixture
def store(new_store: NewStore) -> Store:
    """An empty registry: on disk, and in S3."""
    return new_store()
