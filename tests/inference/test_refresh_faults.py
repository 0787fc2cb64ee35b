"""Faults between us and S3, at every request of a refresh: serving goes on, the cache is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.config import Config

from inference import s3 as our_s3
from inference.cache import Cache
from inference.references import StageReference
from inference.serving import Serving
from inference.stores import open_store
from tests.inference.clocks import Clock
from tests.inference.followed import GERMAN, REFRESH_SECONDS, assert_whole
from tests.inference.registered import NAME, STAGE, point, release
from tests.servers.faults import Answer, CutReply, CutRequest, Fault, Garble, Hang, Proxy, faulty
from tests.servers.seaweed import Seaweed

REQUESTS = 4
"""A refresh asks for the pointer, the manifest, the labels and the network."""

LASTING: dict[str, Fault] = {
    "500": Answer(500),
    "503": Answer(503),
    "403": Answer(403),
    "404": Answer(404),
    "nothing comes back": CutReply(),
    "cut at byte 100": CutReply(100),
    "broken before it is asked": CutRequest(),
    "one bit is wrong": Garble(50),
}


@pytest.fixture
def proxy(seaweed: Seaweed, fresh_client: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """Our own S3 client talks to SeaweedFS through it."""
    assert fresh_client is None
    with faulty(seaweed.endpoint_url) as running:
        for name, value in seaweed.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", running.url)
        # The client's own patience of seconds is for the real S3.
        impatient = Config(read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": 3})
        monkeypatch.setattr("inference.s3.clients._CONFIG", impatient)
        yield running
        our_s3.client().close()


@pytest.mark.parametrize("step", range(1, REQUESTS + 1))
@pytest.mark.parametrize("fault", LASTING.values(), ids=LASTING.keys())
def test_a_fault_that_lasts_leaves_the_old_model_and_the_new_one_comes_when_it_is_over(
    proxy: Proxy, bucket: str, tmp_path: Path, fault: Fault, step: int
) -> None:
    store, clock = open_store(f"s3://{bucket}/registry"), Clock()
    point(store, release(store))
    cache = Cache(tmp_path)
    serving = Serving(
        StageReference(store, NAME, STAGE, cache), REFRESH_SECONDS, clock, lambda work: work()
    )
    english = serving.current()
    # Another network too, so that nothing of it lies in the cache.
    german = release(store, GERMAN, {"model.tflite": english.bundle.read("model.tflite") + b"\0"})
    point(store, german)

    proxy.spoil(fault, at=step, lasting=True)
    clock.now += REFRESH_SECONDS
    serving.current()

    assert serving.current() is english
    assert serving.history.last_failure is not None
    assert "127.0.0.1" not in str(serving.history.last_failure)
    assert_whole(tmp_path)

    proxy.heal()
    for _ in range(2):
        clock.now += REFRESH_SECONDS
        serving.current()
    assert serving.current().labels == GERMAN
    assert_whole(tmp_path)


@pytest.mark.slow
def test_storage_that_says_nothing_holds_up_no_request(proxy: Proxy, bucket: str) -> None:
    """The refresh hangs in its own thread; whoever asks is answered at once."""
    store, clock = open_store(f"s3://{bucket}/registry"), Clock()
    point(store, release(store))
    serving = Serving(StageReference(store, NAME, STAGE), REFRESH_SECONDS, clock)
    english = serving.current()
    point(store, release(store, GERMAN))

    proxy.spoil(Hang(), lasting=True)
    asked = len(proxy.requests)
    clock.now += REFRESH_SECONDS
    for _ in range(1_000):
        assert serving.current() is english
    while serving.history.failed_looks == 0:
        assert serving.current() is english

    assert len(proxy.requests) - asked <= 3  # the client's own attempts at one look
    proxy.heal()
    clock.now += REFRESH_SECONDS
    while serving.current() is english:
        pass
    assert serving.current().labels == GERMAN
