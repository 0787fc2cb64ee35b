"""One build, shared by all tests of packages."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.package.built import Built, build, target_here


@pytest.fixture(scope="session")
def built() -> Iterator[Built]:
    """The zip, unpacked, read-only."""
    with tempfile.TemporaryDirectory(prefix="package-") as place:
        yield build(target_here(), Path(place))
