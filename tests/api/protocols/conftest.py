"""Addresses of the service as its clients know it: a uvicorn, and the function behind a gateway."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from inference.bundle import read_bundle
from inference.model import Model
from inference.settings import DEFAULT_MODEL
from inference.stores.directory import DirectoryStore
from tests.api.conftest import client
from tests.inference.registered import NAME, STAGE, point, release
from tests.servers.emulator import emulator
from tests.servers.gateway import gateway
from tests.servers.uvicorn import uvicorn

MODEL = "imagenet-lite0"
CATS = {"tabby", "tiger cat", "Egyptian cat"}


@pytest.fixture(scope="session")
def uvicorn_address(service: httpx.Client) -> str:
    """The address of the uvicorn that all HTTP tests share."""
    return str(service.base_url).rstrip("/")


@pytest.fixture(scope="package")
def lambda_address(environment: dict[str, str]) -> Iterator[str]:
    """The address of an API Gateway in front of the HTTP function."""
    with emulator("api.http_handler.handler", environment) as function, gateway(function) as url:
        yield url


@pytest.fixture(params=["uvicorn", "lambda"])
def address(request: pytest.FixtureRequest) -> str:
    """Both, one after the other."""
    found: str = request.getfixturevalue(f"{request.param}_address")
    return found


@pytest.fixture(scope="package")
def modelless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that has no model."""
    nothing = tmp_path_factory.mktemp("nothing")
    with uvicorn({"MICROLENS_MODEL": str(nothing)}) as server:
        yield server.url


@pytest.fixture(scope="package")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A service of the stage `prod` of `colours` that speaks TensorFlow Serving and no other."""
    folder = tmp_path_factory.mktemp("registry")
    store = DirectoryStore(folder)
    point(store, release(store))
    env = {
        "MICROLENS_MODEL": f"{folder}/{NAME}@{STAGE}",
        "MICROLENS_PROTOCOLS": "tensorflow_serving",
    }
    with uvicorn(env) as server, client(server.url) as found:
        yield found


@pytest.fixture(scope="session")
def model() -> Model:
    """The model that the service has, loaded here."""
    return Model(read_bundle(DirectoryStore(Path(DEFAULT_MODEL))))


@pytest.fixture(scope="session")
def expected(service: httpx.Client, chelsea: Path) -> list[dict[str, Any]]:
    """What `POST /classify` says about the cat, all classes, best first."""
    response = service.post(
        "/classify?top_k=1000",
        content=chelsea.read_bytes(),
        headers={"content-type": "image/png"},
    )
    predictions: list[dict[str, Any]] = response.json()["predictions"]
    return predictions
