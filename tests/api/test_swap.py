"""Models replace each other while the service answers: nobody notices but by the labels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from inference import layout
from inference.stores import Store, open_store
from tests.api import events
from tests.api.conftest import client
from tests.api.swapping import (
    MARK,
    NAME,
    STAGE,
    point,
    rss_bytes,
    steady_load,
    swap_to,
    two_releases,
)
from tests.servers.emulator import emulator
from tests.servers.seaweed import Seaweed
from tests.servers.uvicorn import Uvicorn, uvicorn

REFRESH_SECONDS = "0.05"
SWAPS = 100


@contextmanager
def serving(root: Path) -> Iterator[tuple[Uvicorn, httpx.Client]]:
    """A service of the stage in the registry at `root`, and a client of it."""
    environment = {
        "MICROLENS_MODEL": f"{root}/{NAME}@{STAGE}",
        "MICROLENS_REFRESH_SECONDS": REFRESH_SECONDS,
    }
    with uvicorn(environment) as server, client(server.url) as service:
        yield server, service


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path))


@pytest.fixture
def in_s3(on_seaweed: None, bucket: str) -> Store:
    """A store on SeaweedFS, for this process as well."""
    assert on_seaweed is None
    return open_store(f"s3://{bucket}/models")


def test_on_lambda_a_later_invocation_is_answered_by_the_new_release(
    in_s3: Store, tmp_path: Path, seaweed: Seaweed, chelsea: Path
) -> None:
    store = in_s3
    releases = two_releases(store)
    point(store, releases[0])
    environment = {
        **seaweed.environment(),
        "MICROLENS_MODEL": f"{store.url}/{NAME}@{STAGE}",
        "MICROLENS_REFRESH_SECONDS": REFRESH_SECONDS,
        "TMPDIR": str(tmp_path),
    }
    event = events.http("function_url", chelsea.read_bytes(), "image/png")

    with emulator("api.http_handler.handler", environment) as function:
        answers = [json.loads(function.invoke(event)["body"])]
        point(store, releases[1])
        while answers[-1]["model"]["release"] != releases[1]:
            answers.append(json.loads(function.invoke(event)["body"]))

    assert {each["model"]["release"] for each in answers} == set(releases)
    for each in answers:
        marked = {best["label"].startswith(MARK) for best in each["predictions"]}
        assert marked == {each["model"]["release"] == releases[1]}
    assert list(tmp_path.iterdir()) == [], "nothing is cached on Lambda"


def model(service: httpx.Client) -> dict[str, object]:
    report: dict[str, object] = service.get("/model").json()
    return report


@pytest.mark.slow(seconds=30)
@pytest.mark.no_cover
@pytest.mark.timeout(600)
def test_a_hundred_swaps_under_load_fail_no_request_mix_no_answer_and_keep_no_memory(
    store: Store, tmp_path: Path, chelsea: Path
) -> None:
    releases = two_releases(store)
    point(store, releases[0])

    with (
        serving(tmp_path) as (server, service),
        steady_load(server.url, chelsea.read_bytes(), releases[0]) as load,
    ):
        rss = []
        for number in range(1, SWAPS + 1):
            swap_to(service, store, releases[number % 2])
            rss.append(rss_bytes(server.server.process.pid))
        report = model(service)

    assert load.wrong == []
    assert load.releases == set(releases)
    assert (report["swaps"], report["failed_swaps"]) == (1 + SWAPS, 0)
    assert rss[SWAPS - 1] < 1.1 * rss[5 - 1]


def test_a_release_that_is_refused_under_load_is_told_by_the_model_and_harms_no_request(
    store: Store, tmp_path: Path, chelsea: Path
) -> None:
    releases = two_releases(store)
    point(store, releases[0])
    broken = layout.release(NAME, releases[1])
    (tmp_path / broken / "model.tflite").write_bytes(b"TFL3 cut off")

    with (
        serving(tmp_path) as (server, service),
        steady_load(server.url, chelsea.read_bytes(), releases[0], connections=2) as load,
    ):
        point(store, releases[1])
        while not model(service)["last_failed_swap"]:
            pass
        answered = len(load.seconds)
        while len(load.seconds) < answered + 20:
            assert service.get("/readyz").status_code == 200
        report = service.get("/model").json()
        log = server.log()

    assert load.wrong == []
    assert load.releases == {releases[0]}
    assert report["model"]["release"] == releases[0]
    assert report["last_failed_swap"]["release"] == releases[1]
    assert "'model.tflite' is not the file that was published" in str(report["last_failed_swap"])
    assert str(tmp_path) not in str(report)
    assert log.count("the model before goes on answering") == 1


def test_an_answer_to_several_pictures_is_of_one_model_while_the_models_change(
    store: Store, tmp_path: Path, chelsea: Path
) -> None:
    releases = two_releases(store)
    point(store, releases[0])
    files = [("image", ("cat.png", chelsea.read_bytes()))] * 16

    with serving(tmp_path) as (_, service):
        seen = set()
        for number in range(1, 9):
            point(store, releases[number % 2])
            results = service.post("/classify", files=files).json()["results"]
            models = {each["model"]["release"] for each in results}
            marks = {
                each["label"].startswith(MARK) for one in results for each in one["predictions"]
            }
            assert len(models) == len(marks) == 1
            assert marks == {models != {releases[0]}}
            seen |= models
            swap_to(service, store, releases[number % 2])

    assert seen == set(releases)
