"""Events to results, with real pictures in S3: order without sequencers, deadlines, loops."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from api.events import Arrival
from api.ingest.finishing import Finisher
from api.ingest.ingest import Ingest
from inference.errors import BadRequest, SourceUnavailable
from inference.stores import Blob
from inference.stores.directory import DirectoryStore
from tests.api import events
from tests.api.flood import classifier, paint

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("on_seaweed")


@pytest.fixture
def ingest(tmp_path: Path) -> Iterator[Ingest]:
    """Knows red from green from blue, and writes its results into a folder."""
    store = DirectoryStore(tmp_path / "results")
    found = Ingest(Finisher(classifier(tmp_path / "model"), store))
    yield found
    found.crew.close()


def put(s3: S3Client, bucket: str, key: str, colour: str) -> str:
    """Put a picture of one colour; its version."""
    return s3.put_object(Bucket=bucket, Key=key, Body=paint(colour)).get("VersionId", "")


def result(ingest: Ingest, bucket: str, key: str) -> dict[str, Any]:
    """The result of a picture."""
    finisher = ingest.finisher
    blob = finisher.results.read(finisher.key_of(Arrival(bucket, key)))
    assert blob is not None
    found: dict[str, Any] = json.loads(blob.data)
    return found


def label(found: dict[str, Any]) -> str:
    said: str = found["predictions"][0]["label"]
    return said


def of_version(bucket: str, version: str, sequencer: str) -> events.Event:
    """The notification about one version of `x.png`."""
    event = events.s3_put(bucket, "x.png", sequencer=sequencer)
    event["Records"][0]["s3"]["object"]["versionId"] = version
    return event


def task(bucket: str, version: str) -> events.Event:
    event = events.task(bucket, "x.png")
    event["tasks"][0]["s3VersionId"] = version
    return event


def test_a_task_keeps_the_sequencer_so_that_older_events_stay_old(
    ingest: Ingest, s3: S3Client, versioned_bucket: str
) -> None:
    bucket = versioned_bucket
    red, green, blue = (put(s3, bucket, "x.png", colour) for colour in ("red", "lime", "blue"))
    ingest.handle(of_version(bucket, green, "00A2"))
    ingest.handle(events.task(bucket, "x.png"))
    found = result(ingest, bucket, "x.png")
    assert (label(found), found["sequencer"]) == ("blue", "00A2")
    ingest.handle(of_version(bucket, red, "00A1"))
    assert result(ingest, bucket, "x.png") == found
    ingest.handle(of_version(bucket, blue, "00A3"))
    found = result(ingest, bucket, "x.png")
    assert (label(found), found["sequencer"]) == ("blue", "00A3")


def test_a_task_about_a_version_that_went_forgets_nothing(
    ingest: Ingest, s3: S3Client, versioned_bucket: str
) -> None:
    red = put(s3, versioned_bucket, "x.png", "red")
    blue = put(s3, versioned_bucket, "x.png", "blue")
    ingest.handle(of_version(versioned_bucket, blue, "00A2"))
    s3.delete_object(Bucket=versioned_bucket, Key="x.png", VersionId=red)
    (told,) = ingest.handle(task(versioned_bucket, red))["results"]
    assert told["resultString"].startswith("blue")
    assert label(result(ingest, versioned_bucket, "x.png")) == "blue"


def test_the_first_result_may_be_a_tasks_and_an_event_takes_it_over(
    ingest: Ingest, s3: S3Client, bucket: str
) -> None:
    put(s3, bucket, "x.png", "red")
    assert ingest.handle(events.task(bucket, "x.png"))["results"][0]["resultCode"] == "Succeeded"
    assert result(ingest, bucket, "x.png")["sequencer"] is None
    ingest.handle(events.s3_put(bucket, "x.png", sequencer="00A1"))
    assert result(ingest, bucket, "x.png")["sequencer"] == "00A1"


KEYS = ["a/../b.png", "//a//b.png", "/lead.png", "k" * 900 + ".png", "x.json", "x.json/y.png"]


def test_odd_keys_have_results_of_their_own_in_a_folder_too(
    ingest: Ingest, s3: S3Client, bucket: str
) -> None:
    kept = []
    for key in KEYS:
        try:
            put(s3, bucket, key, "red")
        except s3.exceptions.ClientError:
            continue  # not every S3 server takes every key
        kept.append(key)
    assert len(kept) >= 4
    assert ingest.handle(events.s3_put(bucket, *KEYS)) == {"pictures": len(KEYS)}
    for key in KEYS:
        found = result(ingest, bucket, key)
        assert found["key"] == key
        assert ("predictions" in found) == (key in kept), found
    assert len(list(ingest.finisher.results.list(""))) == len(KEYS)


class Slow(DirectoryStore):
    """A folder on a disk that stalls from the second reading on."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.go_on = Flag()
        self.reads = 0

    def read(self, key: str) -> Blob | None:
        self.reads += 1
        if self.reads > 1:
            self.go_on.wait(60)
        return super().read(key)


@pytest.mark.parametrize("fifo", [False, True])
def test_a_batch_that_is_not_finished_in_time_hands_back_the_rest(
    ingest: Ingest, s3: S3Client, bucket: str, tmp_path: Path, fifo: bool
) -> None:
    keys = [f"{number}.png" for number in range(6)]
    for key in keys:
        put(s3, bucket, key, "red")
    store = Slow(tmp_path / "results")
    slow = Ingest(Finisher(ingest.finisher.classifier, store))
    batch = events.sqs(*(events.s3_put(bucket, key) for key in keys), fifo=fifo)
    start = monotonic()
    end = start + 3
    try:
        reply = slow.handle(batch, lambda: end - monotonic())
        assert monotonic() - start < 3
    finally:
        store.go_on.set()
        slow.crew.close()
    handed_back = [each["itemIdentifier"] for each in reply["batchItemFailures"]]
    assert len(handed_back) == 5
    if fifo:
        assert handed_back == ["m-1", "m-2", "m-3", "m-4", "m-5"]
    assert ingest.handle(batch) == {"batchItemFailures": []}
    assert all(label(result(ingest, bucket, key)) == "red" for key in keys)


def test_an_event_of_several_that_is_late_is_raised(
    ingest: Ingest, s3: S3Client, bucket: str, tmp_path: Path
) -> None:
    for key in ("a.png", "b.png"):
        put(s3, bucket, key, "red")
    store = Slow(tmp_path / "results")
    slow = Ingest(Finisher(ingest.finisher.classifier, store))
    try:
        with pytest.raises(SourceUnavailable, match=r"1 of 2 pictures.*time was over"):
            slow.handle(events.s3_put(bucket, "a.png", "b.png"), lambda: 1.0)
    finally:
        store.go_on.set()
        slow.crew.close()


def test_what_is_no_event_about_pictures_is_refused_by_name(ingest: Ingest) -> None:
    for event, says in (([], "list"), ({"x": 1}, "'x'"), ({"Records": [1] * 10_001}, "10,000")):
        with pytest.raises(BadRequest, match=says):
            ingest.handle(event)


def test_whatever_makes_no_sense_is_counted_and_a_picture_once(
    ingest: Ingest, s3: S3Client, bucket: str
) -> None:
    put(s3, bucket, "a.png", "red")
    good = events.s3_put(bucket, "a.png")
    with pytest.raises(BadRequest):
        ingest.handle({"Records": [{"eventSource": "aws:kinesis"}]})
    assert ingest.counts.fresh() == {"EventsMalformed": 1}

    reply = ingest.handle(events.sqs(good, {"x": 1}, {"y": 1}))
    assert len(reply["batchItemFailures"]) == 2
    found = ingest.counts.fresh()
    assert (found["EventsMalformed"], found["PicturesClassified"]) == (2, 1)

    assert ingest.handle(good) == {"pictures": 1}
    assert ingest.counts.fresh() == {}
    # Neither what makes no sense nor what was done before took a picture's time.
    assert sum(ingest.counts.latencies()[0]) == 1
