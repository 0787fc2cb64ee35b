"""The default bundle, and an S3 client of ours that is made as a test wants it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inference import s3 as our_s3
from inference.bundle import Bundle, read_bundle
from inference.model import Model
from inference.settings import DEFAULT_MODEL
from inference.stores.directory import DirectoryStore


@pytest.fixture(scope="session")
def default_bundle() -> Bundle:
    """The bundle that comes with the project."""
    return read_bundle(DirectoryStore(Path(DEFAULT_MODEL)))


@pytest.fixture(scope="session")
def default_model(default_bundle: Bundle) -> Model:
    """The model that comes with the project, loaded."""
    return Model(default_bundle)


@pytest.fixture
def fresh_client() -> Iterator[None]:
    """Our S3 client is made anew in the test, from its environment, and forgotten after it."""
    our_s3.client.cache_clear()
    yield
    our_s3.client.cache_clear()
