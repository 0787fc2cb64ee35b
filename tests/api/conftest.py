"""The running service that the HTTP tests talk to."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.servers.seaweed import Seaweed
from tests.servers.uvicorn import uvicorn

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="session")
def photos(s3: S3Client) -> str:
    """A bucket that the services of these tests may read."""
    name = f"photos-{secrets.token_hex(8)}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="session")
def environment(seaweed: Seaweed, photos: str) -> dict[str, str]:
    """The variables of a service that may read `photos`."""
    return {**seaweed.environment(), "MICROLENS_BUCKETS": photos}


@pytest.fixture(scope="session")
def service(environment: dict[str, str]) -> Iterator[httpx.Client]:
    """A client of a real uvicorn that serves the default model."""
    with uvicorn(environment) as server, client(server.url) as found:
        yield found


def client(url: str) -> httpx.Client:
    """An HTTP client of the service at `url`, without the machine's proxies."""
    return httpx.Client(base_url=url, timeout=60, trust_env=False)
