"""Faults of S3 on the way to a caller's picture and to an event's result: never a 500."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from botocore.config import Config

from api.ingest.finishing import Finisher
from api.ingest.ingest import Ingest
from inference import s3 as our_s3
from inference.errors import SourceUnavailable
from inference.stores import open_store
from tests.api import events
from tests.api.flood import classifier, paint
from tests.servers.faults import (
    Answer,
    CutReply,
    CutRequest,
    Delay,
    Fault,
    Hang,
    Proxy,
    Request,
    faulty,
)
from tests.servers.seaweed import Seaweed
from tests.servers.uvicorn import Uvicorn, uvicorn

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

READING: dict[str, tuple[Fault, int, str]] = {
    "500": (Answer(500), 502, "source_unavailable"),
    "503": (Answer(503), 502, "source_unavailable"),
    "403": (Answer(403), 403, "source_not_allowed"),
    "404": (Answer(404), 404, "source_not_found"),
    "cut at byte 100": (CutReply(100), 502, "source_unavailable"),
    "nothing comes back": (CutReply(), 502, "source_unavailable"),
    "broken before it is asked": (CutRequest(), 502, "source_unavailable"),
    "late": (Delay(0.5), 200, ""),
}
ONCE = ("500", "503", "cut at byte 100", "nothing comes back", "broken before it is asked")
"""What a second try gets over."""


@pytest.fixture(scope="module")
def proxy(seaweed: Seaweed) -> Iterator[Proxy]:
    with faulty(seaweed.endpoint_url) as running:
        yield running


@pytest.fixture(scope="module")
def photos(s3: S3Client, chelsea: Path) -> str:
    name = f"photos-{secrets.token_hex(8)}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="cat.png", Body=chelsea.read_bytes())
    return name


@pytest.fixture(scope="module")
def service(seaweed: Seaweed, proxy: Proxy, photos: str) -> Iterator[Uvicorn]:
    """One that reads its pictures through the proxy."""
    environment = {
        **seaweed.environment(),
        "AWS_ENDPOINT_URL_S3": proxy.url,
        "MICROLENS_BUCKETS": photos,
    }
    with uvicorn(environment) as running:
        yield running


def ask(service: Uvicorn, photos: str) -> httpx.Response:
    url = {"url": f"s3://{photos}/cat.png"}
    return httpx.post(f"{service.url}/classify", json=url, timeout=60, trust_env=False)


@pytest.mark.parametrize("name", READING)
def test_a_fault_that_lasts_has_its_code_and_the_next_picture_is_read(
    service: Uvicorn, proxy: Proxy, photos: str, name: str
) -> None:
    fault, status, code = READING[name]
    proxy.spoil(fault, lasting=True)
    response = ask(service, photos)
    proxy.heal()
    assert (response.status_code, response.json().get("code", "")) == (status, code), response.text
    assert proxy.url.removeprefix("http://") not in response.text
    assert ask(service, photos).status_code == 200


@pytest.mark.parametrize("name", ONCE)
def test_a_fault_that_passes_is_noticed_by_nobody(
    service: Uvicorn, proxy: Proxy, photos: str, name: str
) -> None:
    proxy.spoil(READING[name][0])
    response = ask(service, photos)
    proxy.heal()
    assert response.status_code == 200, response.text


@pytest.mark.slow
def test_storage_that_says_nothing_is_given_up(service: Uvicorn, proxy: Proxy, photos: str) -> None:
    proxy.spoil(Hang(), lasting=True)
    response = ask(service, photos)
    proxy.heal()
    assert (response.status_code, response.json()["code"]) == (502, "source_unavailable")


@pytest.fixture
def through_proxy(
    seaweed: Seaweed, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Proxy]:
    """Our own client, in this process, talks through the proxy, and has little patience."""
    for name, value in seaweed.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
    impatient = Config(read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": 2})
    monkeypatch.setattr("inference.s3.clients._CONFIG", impatient)
    our_s3.client.cache_clear()
    yield proxy
    proxy.heal()
    our_s3.client().close()
    our_s3.client.cache_clear()


INGEST: dict[str, Fault] = {
    "500": Answer(500),
    "503": Answer(503),
    "403": Answer(403),
    "nothing comes back": CutReply(),
    "broken before it is asked": CutRequest(),
}


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("name", INGEST)
def test_an_event_that_meets_a_fault_is_tried_again_and_has_one_whole_result(
    through_proxy: Proxy, s3: S3Client, bucket: str, tmp_path: Path, name: str, method: str
) -> None:
    s3.put_object(Bucket=bucket, Key="in/red.png", Body=paint("red"))
    results = open_store(f"s3://{bucket}/out")
    ingest = Ingest(Finisher(classifier(tmp_path), results))
    event = events.s3_put(bucket, "in/red.png")

    def plan(request: Request) -> Fault | None:
        return INGEST[name] if request.method == method else None

    through_proxy.plan = plan
    with pytest.raises(SourceUnavailable):
        ingest.handle(event)
    through_proxy.heal()
    # A reply that was lost leaves a whole result, every other fault none.
    for key in results.list(""):
        blob = results.read(key)
        assert blob is not None
        assert json.loads(blob.data)["predictions"][0]["label"] == "red"
    assert ingest.handle(event) == {"pictures": 1}
    (key,) = results.list("")
    blob = results.read(key)
    assert blob is not None
    assert json.loads(blob.data)["predictions"][0]["label"] == "red"
    ingest.crew.close()
