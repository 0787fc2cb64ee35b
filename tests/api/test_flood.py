"""Whatever comes, how often and in whatever order: one result per picture, the newest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.ingest.finishing import Finisher
from inference.stores import Store, open_store
from tests.api.delivery import Overwriting, Post, deliver
from tests.api.flood import Flaky, Put, classifier, flood, put_pictures, workers

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("on_seaweed")


def check(results: Store, newest: list[Put], finisher: Finisher) -> None:
    """Exactly one result per key, and it is that of the newest picture."""
    assert sorted(results.list("")) == sorted(finisher.key_of(put.arrival) for put in newest)
    for put in newest:
        blob = results.read(finisher.key_of(put.arrival))
        assert blob is not None
        result = json.loads(blob.data)
        assert result["predictions"][0]["label"] == put.colour
        assert result["sequencer"] == put.arrival.sequencer
        assert result["versionId"] == put.arrival.version_id
        assert result["eTag"] == put.arrival.etag


@pytest.mark.slow(seconds=10)
@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("kind", "keys", "count"), [("folder", 150, 10_000), ("s3", 40, 1_000)], ids=["folder", "s3"]
)
def test_a_flood_of_events_ends_with_the_newest_result_of_each_picture(
    s3: S3Client, versioned_bucket: str, tmp_path: Path, kind: str, keys: int, count: int
) -> None:
    history = put_pictures(s3, versioned_bucket, keys, versions=4)
    place = str(tmp_path / "results")
    if kind == "s3":
        s3.create_bucket(Bucket=f"results-of-{versioned_bucket}")
        place = f"s3://results-of-{versioned_bucket}/here"
    model = classifier(tmp_path / "model")
    stores = [Flaky(open_store(place)) for _ in range(2)]
    ingests = list(workers(model, stores))
    retries = deliver(ingests, Post(flood(history, count)))
    check(open_store(place), [puts[-1] for puts in history], ingests[0].finisher)
    assert retries > 0
    assert all(store.faults > 0 for store in stores)
    for ingest in ingests:
        ingest.crew.close()


@pytest.mark.slow(seconds=5)
@pytest.mark.no_cover
def test_pictures_that_are_overwritten_amid_their_events_end_with_the_newest_result(
    s3: S3Client, bucket: str, tmp_path: Path
) -> None:
    """Without versions an older event finds the newer picture, and must not count as its event."""
    stores = [Flaky(open_store(str(tmp_path / "results"))) for _ in range(2)]
    ingests = list(workers(classifier(tmp_path / "model"), stores))
    post = Overwriting(s3, bucket, keys=60, versions=4, repeats=4)
    retries = deliver(ingests, post)

    assert len(post.newest) == 60
    assert post.overtaken > 100
    check(open_store(str(tmp_path / "results")), [*post.newest.values()], ingests[0].finisher)
    assert retries > 0
    for ingest in ingests:
        ingest.crew.close()
