"""What all tests share: the order they run in, one S3 server, and free photographs."""

from __future__ import annotations

import importlib.util
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests import invariants
from tests.servers.process import environment
from tests.servers.seaweed import Seaweed, seaweed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slow tests last, so that a mistake shows early, and the longest of them first.

    Whoever says his `seconds` does not begin when all others are done, on one core alone.
    """

    def place(item: pytest.Item) -> tuple[bool, float]:
        slow = item.get_closest_marker("slow")
        return (slow is not None, -slow.kwargs.get("seconds", 0) if slow else 0)

    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def _no_account_of_the_developer() -> Iterator[None]:
    """Take the developer's AWS and Microlens settings out of this process's environment."""
    wanted = environment()
    with pytest.MonkeyPatch.context() as patch:
        for name in set(os.environ) - set(wanted):
            patch.delenv(name)
        for name, value in wanted.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session", autouse=True)
def _every_answer_is_looked_at() -> Iterator[None]:
    """Let `tests.invariants` see each answer that a service gives to any test."""
    send = httpx.Client.send

    def watched(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        response = send(self, request, **options)
        if not options.get("stream"):
            invariants.check(response)
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "send", watched)
        yield


@pytest.fixture(scope="session", name="seaweed")
def _seaweed() -> Iterator[Seaweed]:
    """One S3 server for the whole run; a test keeps to buckets of its own."""
    with seaweed() as server:
        yield server


@pytest.fixture(scope="session")
def s3(seaweed: Seaweed) -> Iterator[S3Client]:
    """A boto3 client of the session's S3 server."""
    client = seaweed.client()
    yield client
    client.close()


@pytest.fixture
def bucket(s3: S3Client) -> str:
    """The name of a fresh, empty bucket without versioning."""
    name = f"bucket-{secrets.token_hex(8)}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def versioned_bucket(s3: S3Client, bucket: str) -> str:
    """The name of a fresh, empty bucket that keeps every version of its objects."""
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


@pytest.fixture(scope="session")
def chelsea() -> Path:
    """A tabby cat, PNG, 451x300, RGB, from scikit-image."""
    return _file_of("skimage", "data/chelsea.png")


@pytest.fixture(scope="session")
def coffee() -> Path:
    """A cup of espresso, PNG, 600x400, RGB, from scikit-image."""
    return _file_of("skimage", "data/coffee.png")


@pytest.fixture(scope="session")
def flower() -> Path:
    """A flower, JPEG, 640x427, RGB, from scikit-learn."""
    return _file_of("sklearn", "datasets/images/flower.jpg")


@pytest.fixture(scope="session")
def china() -> Path:
    """A Chinese temple, JPEG, 640x427, RGB, from scikit-learn."""
    return _file_of("sklearn", "datasets/images/china.jpg")


def _file_of(package: str, path: str) -> Path:
    """A file that an installed package ships, found without importing the package."""
    spec = importlib.util.find_spec(package)
    assert spec is not None, f"{package} is not installed; see CONTRIBUTING.md"
    assert spec.origin is not None, f"{package} has no folder"
    return Path(spec.origin).parent / path
