"""The S3 entry in AWS's runtime emulator: pictures in a bucket get results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.api import events
from tests.servers.emulator import Emulator, emulator
from tests.servers.seaweed import Seaweed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEYS = ["cat.png", "a b+c%41/ü=é&.png", "deep/er/ cat ", "//slashes.png"]


@pytest.fixture(scope="module")
def results(s3: S3Client) -> str:
    """The bucket of the results."""
    s3.create_bucket(Bucket="results-of-events")
    return "results-of-events"


@pytest.fixture(scope="module")
def function(seaweed: Seaweed, results: str) -> Iterator[Emulator]:
    """The S3 function."""
    env = {**seaweed.environment(), "MICROLENS_RESULTS": f"s3://{results}/answers"}
    with emulator("api.event_handler.handler", env) as found:
        yield found


def result(s3: S3Client, results: str, bucket: str, key: str) -> dict[str, Any]:
    """The result object of a picture."""
    found = s3.get_object(Bucket=results, Key=f"answers/{bucket}/{key}.json")
    assert found["ContentType"] == "application/json"
    content: dict[str, Any] = json.loads(found["Body"].read())
    return content


def written(s3: S3Client, results: str, bucket: str) -> list[str]:
    """The keys of all results about a bucket."""
    listed = s3.list_objects_v2(Bucket=results, Prefix=f"answers/{bucket}/")
    return [entry["Key"] for entry in listed.get("Contents", [])]


def test_every_record_gets_its_result_whatever_its_key(
    function: Emulator,
    service: httpx.Client,
    s3: S3Client,
    bucket: str,
    results: str,
    chelsea: Path,
) -> None:
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=chelsea.read_bytes())
    assert function.invoke(events.s3_put(bucket, *KEYS)) == {"pictures": len(KEYS)}
    expected = service.post("/classify", files={"image": chelsea.read_bytes()}).json()
    for key in KEYS:
        found = result(s3, results, bucket, key)
        assert found["predictions"] == expected["predictions"]
        assert found["model"] == expected["model"]
        assert found["image"]["source"] == f"s3://{bucket}/{key}"
        assert (found["bucket"], found["key"]) == (bucket, key)
        assert found["eTag"] == "0f343b0931126a20f133d67c2b018a3b"
        assert found["sequencer"] == "0055AED6DCD90281E5"
        assert found["versionId"] is None


def test_a_picture_that_cannot_be_read_gets_a_result_that_says_so(
    function: Emulator, s3: S3Client, bucket: str, results: str, chelsea: Path
) -> None:
    s3.put_object(Bucket=bucket, Key="text.jpg", Body=b"this is no picture at all")
    s3.put_object(Bucket=bucket, Key="cut.png", Body=chelsea.read_bytes()[:4000])
    s3.put_object(Bucket=bucket, Key="good.png", Body=chelsea.read_bytes())
    event = events.s3_put(bucket, "text.jpg", "cut.png", "gone.png", "good.png")
    assert function.invoke(event) == {"pictures": 4}
    codes = {
        key: result(s3, results, bucket, key).get("code")
        for key in ("text.jpg", "cut.png", "gone.png", "good.png")
    }
    assert codes == {
        "text.jpg": "unsupported_image",
        "cut.png": "bad_image",
        "gone.png": "source_not_found",
        "good.png": None,
    }


def test_the_same_event_twice_and_an_older_one_late_change_nothing(
    function: Emulator, s3: S3Client, bucket: str, results: str, chelsea: Path, coffee: Path
) -> None:
    s3.put_object(Bucket=bucket, Key="x.png", Body=chelsea.read_bytes())
    function.invoke(events.s3_put(bucket, "x.png", sequencer="0055AED6DCD90281E5"))
    first = result(s3, results, bucket, "x.png")
    s3.put_object(Bucket=bucket, Key="x.png", Body=coffee.read_bytes())
    for sequencer in ("0055AED6DCD90281E5", "0055AED6DCD90281"):
        function.invoke(events.s3_put(bucket, "x.png", sequencer=sequencer))
        assert result(s3, results, bucket, "x.png") == first
    function.invoke(events.s3_put(bucket, "x.png", sequencer="0055AED6DCD90281E6"))
    assert result(s3, results, bucket, "x.png")["predictions"][0]["label"] == "espresso"


def test_what_is_no_new_picture_is_passed_over(
    function: Emulator, s3: S3Client, bucket: str, results: str
) -> None:
    assert function.invoke(events.load("s3_test")) == {"pictures": 0}
    removed = events.s3_put(bucket, "x.png")
    removed["Records"][0]["eventName"] = "ObjectRemoved:Delete"
    assert function.invoke(removed) == {"pictures": 0}
    own = events.s3_put(results, f"answers/{bucket}/x.png.json")
    assert function.invoke(own) == {"pictures": 0}
    assert written(s3, results, bucket) == []
    assert written(s3, results, results) == []


def test_an_event_of_another_kind_fails_so_that_somebody_hears_of_it(function: Emulator) -> None:
    reply = function.invoke({"Records": [{"eventSource": "aws:kinesis"}]})
    assert reply["errorType"] == "ValueError"


def test_a_fault_that_may_pass_is_raised_after_every_record_was_tried(
    seaweed: Seaweed, s3: S3Client, bucket: str, tmp_path: Path, chelsea: Path
) -> None:
    s3.put_object(Bucket=bucket, Key="good.png", Body=chelsea.read_bytes())
    env = {**seaweed.environment(), "MICROLENS_RESULTS": str(tmp_path)}
    blocked = tmp_path / bucket / "blocked.png.json"
    blocked.mkdir(parents=True)
    s3.put_object(Bucket=bucket, Key="blocked.png", Body=chelsea.read_bytes())
    with emulator("api.event_handler.handler", env) as function:
        reply = function.invoke(events.s3_put(bucket, "blocked.png", "good.png"))
    assert reply["errorType"] in {"SourceUnavailable", "StoreConflict"}
    assert "1 of 2 pictures" in reply["errorMessage"]
    assert (tmp_path / bucket / "good.png.json").exists()


def test_without_a_place_for_results_the_function_does_not_start(seaweed: Seaweed) -> None:
    with emulator("api.event_handler.handler", seaweed.environment()) as function:
        reply = function.invoke(events.load("s3_test"))
        assert "MICROLENS_RESULTS" in str(reply) + function.log()
