"""Killed: a real uvicorn, while it takes over the release that its stage was moved to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from subprocess import TimeoutExpired
from time import perf_counter

import httpx

from inference import layout
from inference.plurals import counted
from inference.stores import Store, open_store
from tests.api.flood import paint
from tests.api.swapping import MARK, NAME, STAGE, point, two_releases
from tests.killing.children import ask
from tests.killing.registry import unfinished
from tests.killing.scene import Scene, Work, work_bucket
from tests.servers.uvicorn import Uvicorn, uvicorn

REFRESH_SECONDS = 0.05


class Service(Work):
    """It serves the model of the project, whose five megabytes it fetches and keeps in a cache."""

    stores = ("s3",)
    is_quick = False

    def set_up(self, scene: Scene) -> str:
        """Two releases, which call things differently."""
        (scene.workshop / "releases").write_text(" ".join(two_releases(_registry(scene))))
        return ""

    def prepare(self, scene: Scene) -> str:
        """The stage is at the first."""
        point(_registry(scene), _releases(scene)[0])
        return ""

    def do(self, scene: Scene) -> str:
        """Start, move the stage, wait for the swap; how many seconds that took."""
        with _serving(scene) as service, _client(service) as client:
            started = _move(scene, client)
            while _release(client) != _releases(scene)[1]:
                pass
            return str(perf_counter() - started)

    def check(self, scene: Scene) -> str:
        """Started again it serves what the pointer says, beside whatever the cache holds."""
        half = unfinished(scene.cache)
        with _serving(scene) as service, _client(service) as client:
            answer = client.post("/classify", content=paint("red"), headers=_PNG).json()
        assert answer["model"]["release"] == _releases(scene)[1]
        assert all(each["label"].startswith(MARK) for each in answer["predictions"])
        assert unfinished(scene.cache) == 0, "a start leaves what the killed one left"
        return f"{counted(half, 'half file')} in the cache"

    def seconds(self, scene: Scene) -> float:
        """From the move of the stage to the end of the swap."""
        ask(partial(self.prepare, scene))
        return float(ask(partial(self.do, scene)).text)

    def kill(self, scene: Scene, seconds: float) -> bool:
        """Kill the service so long after it was asked to look."""
        return ask(partial(_killed, scene, seconds)).text == _IN_TIME


_IN_TIME = "in time"
_PNG = {"content-type": "image/png"}


def _killed(scene: Scene, seconds: float) -> str:
    with _serving(scene) as service, _client(service) as client:
        _move(scene, client)
        process = service.server.process
        try:
            process.wait(seconds)
        except TimeoutExpired:
            process.kill()
        process.wait()
        swapped = f"release {layout.abbreviated(_releases(scene)[1])}" in service.log()
    return "too late" if swapped else _IN_TIME


def _move(scene: Scene, client: httpx.Client) -> float:
    """Point the stage to the second release and let the service look; when that was."""
    old, new = _releases(scene)
    assert _release(client) == old
    point(_registry(scene), new)
    started = perf_counter()
    client.get("/model")
    return started


@contextmanager
def _serving(scene: Scene) -> Iterator[Uvicorn]:
    environment = {
        "MICROLENS_MODEL": f"{_registry(scene).url}/{NAME}@{STAGE}",
        "MICROLENS_REFRESH_SECONDS": str(REFRESH_SECONDS),
        "MICROLENS_CACHE": str(scene.cache),
    }
    s3 = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    with uvicorn({**s3, **environment}) as service:
        yield service


def _client(service: Uvicorn) -> httpx.Client:
    return httpx.Client(base_url=service.url, timeout=60, trust_env=False)


def _registry(scene: Scene) -> Store:
    return open_store(f"s3://{work_bucket(scene.photos)}/served")


def _releases(scene: Scene) -> list[str]:
    return (scene.workshop / "releases").read_text().split()


def _release(client: httpx.Client) -> str:
    release: str = client.get("/model").json()["model"]["release"]
    return release
