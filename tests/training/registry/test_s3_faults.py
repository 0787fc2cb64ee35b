"""Faults on the way to a real S3 server: a pointer is the old one or the new one, never another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from botocore.config import Config

from inference import layout
from inference import s3 as our_s3
from inference.errors import BundleDamaged, MicrolensError, OperatorError, SourceUnavailable
from inference.manifest import MANIFEST, release_digest
from inference.s3 import clients
from inference.stores import Store, open_store
from tests.servers.faults import (
    Answer,
    CutReply,
    CutRequest,
    Fault,
    Garble,
    Hang,
    Proxy,
    Request,
    faulty,
)
from tests.servers.seaweed import Seaweed
from tests.training.registry.steps import NAME, hand, pointer_bytes, publish, release_at
from training.registry.changes import promote, rollback
from training.registry.releases import publish_release, verified_release
from training.registry.stages import read_stage

FAULTS: dict[str, Fault] = {
    "500": Answer(500),
    "503": Answer(503),
    "request cut": CutRequest(10),
    "connection cut before anything": CutRequest(),
    "reply lost": CutReply(),
    "reply cut": CutReply(20),
    "a wrong byte": Garble(20),
}

MEETS_ONCE = ("503", "request cut", "reply lost", "reply cut", "a wrong byte")
MEETS_FROM_THEN_ON = ("503", "reply lost")


@pytest.fixture
def proxy(seaweed: Seaweed) -> Iterator[Proxy]:
    """A proxy in front of the S3 server."""
    with faulty(seaweed.endpoint_url) as running:
        yield running


@pytest.fixture
def store(
    seaweed: Seaweed, proxy: Proxy, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """A registry behind the proxy, with a client that does not try again."""
    behind = Seaweed(proxy.url, seaweed.access_key, seaweed.secret_key)
    client = behind.client()
    monkeypatch.setattr("inference.s3.clients.client", lambda: client)
    yield open_store(f"s3://{bucket}/registry")
    client.close()


@pytest.fixture
def patient_store(
    seaweed: Seaweed, proxy: Proxy, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """A registry behind the proxy, with our own client, which tries again."""
    for name, value in {**seaweed.environment(), "AWS_ENDPOINT_URL_S3": proxy.url}.items():
        monkeypatch.setenv(name, value)
    # The five seconds that it gives an answer are for the real S3.
    impatient = clients._CONFIG.merge(Config(read_timeout=0.5))  # noqa: SLF001 - no setting of ours
    monkeypatch.setattr(clients, "_CONFIG", impatient)
    our_s3.client.cache_clear()
    yield open_store(f"s3://{bucket}/registry")
    our_s3.client().close()
    our_s3.client.cache_clear()


def failure_of(do: Callable[[], object]) -> MicrolensError | None:
    """The error of ours that it ended in; no other is let through."""
    try:
        do()
    except MicrolensError as exc:
        return exc
    return None


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_publishing_through_a_fault_at_any_request_ends_in_a_whole_release_or_none(
    proxy: Proxy, store: Store, old_bundle: Path, fault: Fault
) -> None:
    digest = release_digest((old_bundle / MANIFEST).read_bytes())
    for at in count(1):
        empty = open_store(f"{store.url}-{at}")
        asked = len(proxy.requests)
        proxy.spoil(fault, at=at)
        failure = failure_of(lambda: publish_release(empty, old_bundle, NAME))  # noqa: B023 - called at once
        was_hit = len(proxy.requests) - asked >= at
        proxy.heal()
        assert isinstance(failure, OperatorError | None)
        if empty.read(layout.manifest(NAME, digest)):
            assert verified_release(empty, NAME, digest).digest == digest
        else:
            assert failure is not None
        assert publish_release(empty, old_bundle, NAME) == digest
        if not was_hit:
            break
    assert at > 5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "lasting"),
    [
        *((FAULTS[name], False) for name in MEETS_ONCE),
        *((FAULTS[name], True) for name in MEETS_FROM_THEN_ON),
    ],
    ids=[*MEETS_ONCE, *(f"{name} from then on" for name in MEETS_FROM_THEN_ON)],
)
def test_a_fault_at_any_request_of_a_promotion_leaves_the_old_pointer_or_the_new_one(
    proxy: Proxy, store: Store, old_bundle: Path, new_bundle: Path, fault: Fault, lasting: bool
) -> None:
    old, new = publish(store, old_bundle, "prod"), publish(store, new_bundle)
    before, failure = pointer_bytes(store, "prod"), None
    for at in count(1):
        asked = len(proxy.requests)
        proxy.spoil(fault, at=at, lasting=lasting)
        failure = failure_of(lambda: promote(store, NAME, "dev", "prod", hand()))
        was_hit = len(proxy.requests) - asked >= at
        proxy.heal()
        if failure is None:
            assert release_at(store, "prod") == new
        else:
            assert isinstance(failure, OperatorError)
            unknown = "it is not known whether" in str(failure)
            assert unknown or pointer_bytes(store, "prod") == before
        if not was_hit:
            break
        if release_at(store, "prod") == new:
            assert rollback(store, NAME, "prod", hand()).new == old
            before = pointer_bytes(store, "prod")
    assert failure is None
    assert at > 10


@pytest.mark.parametrize("file", ["model.json", "labels.txt", "model.tflite", "golden/one.png"])
def test_a_wrong_byte_of_a_release_moves_no_pointer(
    proxy: Proxy, store: Store, old_bundle: Path, new_bundle: Path, file: str
) -> None:
    publish(store, old_bundle, "prod")
    publish(store, new_bundle)
    before = pointer_bytes(store, "prod")
    proxy.plan = lambda request: Garble(12) if request.path.endswith(file) else None

    with pytest.raises(BundleDamaged, match=file):
        promote(store, NAME, "dev", "prod", hand())

    proxy.heal()
    assert pointer_bytes(store, "prod") == before


def once(fault: Fault, method: str, part: str) -> Callable[[Request], Fault | None]:
    """A plan: the first such request meets the fault."""
    numbers: list[int] = []

    def plan(request: Request) -> Fault | None:
        if request.method != method or part not in request.path:
            return None
        numbers.append(request.number)
        return fault if len(numbers) == 1 else None

    return plan


@pytest.mark.parametrize("to", ["prod", "staging"], ids=["replaced", "created"])
@pytest.mark.parametrize("fault", [CutReply(), Hang()], ids=["lost", "hanging"])
def test_a_pointer_written_twice_because_its_reply_never_came_is_moved_once(
    proxy: Proxy,
    patient_store: Store,
    old_bundle: Path,
    new_bundle: Path,
    fault: Fault,
    to: str,
) -> None:
    publish(patient_store, old_bundle, "prod")
    new = publish(patient_store, new_bundle)
    proxy.plan = once(fault, "PUT", f"/stages/{to}.json")

    change = promote(patient_store, NAME, "dev", to, hand("bert@lab"))

    puts = [each for each in proxy.requests if each.method == "PUT" and to in each.path]
    assert len(puts) > 1 + (to == "prod")  # our client did ask again
    pointer = read_stage(patient_store, NAME, to).pointer
    assert pointer == change.moved
    assert pointer is not None
    assert (pointer.release, pointer.by) == (new, "bert@lab")
    assert len(pointer.history) == (to == "prod")


def test_a_file_written_twice_because_its_reply_was_lost_is_published(
    proxy: Proxy, patient_store: Store, old_bundle: Path
) -> None:
    proxy.plan = once(CutReply(), "PUT", "/labels.txt")

    digest = publish_release(patient_store, old_bundle, NAME)

    assert verified_release(patient_store, NAME, digest).digest == digest


def test_storage_that_goes_while_a_pointer_is_written_leaves_no_false_word(
    proxy: Proxy, store: Store, old_bundle: Path, new_bundle: Path
) -> None:
    publish(store, old_bundle, "prod")
    new = publish(store, new_bundle)
    gone: list[int] = []

    def plan(request: Request) -> Fault | None:
        """The write is done, its reply is lost, and nothing answers any more."""
        if request.method == "PUT":
            gone.append(request.number)
            return CutReply()
        return Answer(503) if gone else None

    proxy.plan = plan
    with pytest.raises(SourceUnavailable, match=r"it is not known whether .*@prod was moved"):
        promote(store, NAME, "dev", "prod", hand())
    proxy.heal()
    assert release_at(store, "prod") == new
