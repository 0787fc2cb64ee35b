"""A registry with two releases of the default model."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.stores.directory import DirectoryStore
from tests.cli.registry.releases import NAME, fill, write_variant


@pytest.fixture(scope="module")
def variant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another release of the default model."""
    return write_variant(tmp_path_factory.mktemp("variant") / NAME)


@pytest.fixture
def releases(tmp_path: Path, variant: Path) -> tuple[str, str]:
    """What `prod` and `dev` point to in the registry."""
    return fill(DirectoryStore(tmp_path / "registry"), variant)


@pytest.fixture
def model(tmp_path: Path, releases: tuple[str, str]) -> str:  # noqa: ARG001 - they are put there
    """The model in its registry, as one types it."""
    return f"{tmp_path}/registry/{NAME}"
