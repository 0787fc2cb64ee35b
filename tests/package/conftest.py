"""One build for each Python that this machine has, shared by all tests of packages."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.package.target import Target
from tests.package.built import Built, build, targets_here


@pytest.fixture(scope="session", params=targets_here(), ids=lambda target: target.python)
def built(request: pytest.FixtureRequest) -> Iterator[Built]:
    """The zip for one Python, unpacked, read-only."""
    target: Target = request.param
    with tempfile.TemporaryDirectory(prefix="package-") as place:
        yield build(target, Path(place))
