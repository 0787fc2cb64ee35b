"""Whatever comes, how often and in whatever order: one result per picture, the newest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.ingest.finishing import Finisher
from inference.stores import Store, open_store
from tests.api.flood import Flaky, Put, classifier, deliver, flood, put_pictures, workers

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("at_seaweed")


def check(results: Store, history: list[list[Put]], finisher: Finisher) -> None:
    """Exactly one result per key, and it is that of the newest picture."""
    newest = [puts[-1] for puts in history]
    assert sorted(results.list("")) == sorted(finisher.key_of(put.arrival) for put in newest)
    for put in newest:
        blob = results.read(finisher.key_of(put.arrival))
        assert blob is not None
        result = json.loads(blob.data)
        assert result["predictions"][0]["label"] == put.colour
        assert result["sequencer"] == put.arrival.sequencer
        assert result["versionId"] == put.arrival.version_id
        assert result["eTag"] == put.arrival.etag


@pytest.mark.slow
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
    retries = deliver(ingests, flood(history, count))
    check(open_store(place), history, ingests[0].finisher)
    assert retries > 0
    assert all(store.faults > 0 for store in stores)
    for ingest in ingests:
        ingest.crew.close()
