"""What all tests share: the order they run in, one S3 server, and free photographs."""

from __future__ import annotations

import importlib.util
import os
from collections import Counter
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from boto3.session import Session
from botocore.client import BaseClient
from hypothesis import HealthCheck, settings

from inference import s3 as our_s3
from tests.invariants.watching import watched
from tests.servers.buckets import Buckets, buckets
from tests.servers.process import environment
from tests.servers.seaweed import Seaweed, seaweed
from tests.untraced import untraced

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# That the machine has much else to do is no fault of what is tested.
# The same commit tries the same examples; `pytest --hypothesis-profile=search` looks for others.
_search = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", _search)
settings.register_profile("same", _search, derandomize=True)
settings.load_profile("same")

SLOW_SECONDS = 5
"""What a slow test takes that does not say its `seconds`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slow tests last, so that a mistake shows early, and the longest files first.

    A file is one process's work: the longest must not begin when all others are done.
    """
    seconds: Counter[Path] = Counter()
    for item in items:
        if slow := item.get_closest_marker("slow"):
            seconds[item.path] += slow.kwargs.get("seconds", SLOW_SECONDS)

    def place(item: pytest.Item) -> tuple[bool, float]:
        is_slow = item.get_closest_marker("slow") is not None
        return is_slow, -seconds[item.path] if is_slow else 0

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let coverage leave alone what a test marked `no_cover` starts, as it does the test itself."""
    with pytest.MonkeyPatch.context() as patch:
        if item.get_closest_marker("no_cover"):
            patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        return (yield)


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
    with watched():
        yield


@pytest.fixture(scope="session", autouse=True)
def _clients_run_untraced() -> Iterator[None]:
    """Thousands of requests go through boto3 and httpx, which are not measured."""
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in (
            (Session, "client"),
            (BaseClient, "_make_api_call"),
            (httpx.HTTPTransport, "handle_request"),
        ):
            patch.setattr(owner, name, untraced(getattr(owner, name)))
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


@pytest.fixture(scope="session")
def our_client(seaweed: Seaweed) -> Iterator[S3Client]:
    """Our own S3 client, made for the session's server once: to make one costs 70 ms."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in seaweed.environment().items():
            patch.setenv(name, value)
        made = our_s3.client.__wrapped__()
    yield made
    made.close()


@pytest.fixture
def on_seaweed(seaweed: Seaweed, our_client: S3Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this test our own code, here and in the programs that it starts, finds the S3 server."""
    for name, value in seaweed.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("inference.s3.clients.client", cache(lambda: our_client))


@pytest.fixture(scope="session", name="buckets")
def _buckets(s3: S3Client) -> Iterator[Buckets]:
    """Buckets that are made while other tests run."""
    with buckets(s3) as made:
        yield made


@pytest.fixture
def bucket(buckets: Buckets) -> str:
    """The name of a fresh, empty bucket without versioning."""
    return buckets.take()


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
