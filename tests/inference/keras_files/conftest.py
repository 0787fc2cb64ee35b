"""The networks that the tests save, each built once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from tests.inference.keras_files.networks import Kind, Library, network

Networks = Callable[[Library, Kind], Any]


@pytest.fixture(scope="session")
def networks() -> Iterator[Networks]:
    """Networks by library and kind; TensorFlow is loaded with the first of them."""
    made = cache(network)
    yield made
    made.cache_clear()
