"""The S3 entry in AWS's runtime emulator: pictures in a bucket get results."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from inference.cores import cores
from tests.api import events
from tests.servers.emulator import Emulator, emulator
from tests.servers.faults import Delay, faulty
from tests.servers.seaweed import Seaweed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEYS = ["cat.png", "a b+c%41/ü=é&.png", "deep/er/ cat ", "//slashes.png", "k/" + "k" * 200]


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
    etags = [
        s3.put_object(Bucket=bucket, Key=key, Body=chelsea.read_bytes())["ETag"] for key in KEYS
    ]
    assert function.invoke(events.s3_put(bucket, *KEYS)) == {"pictures": len(KEYS)}
    expected = service.post("/classify", files={"image": chelsea.read_bytes()}).json()
    for key in KEYS:
        found = result(s3, results, bucket, key)
        assert found["predictions"] == expected["predictions"]
        assert found["model"] == expected["model"]
        assert found["image"]["source"] == f"s3://{bucket}/{key}"
        assert (found["bucket"], found["key"]) == (bucket, key)
        assert f'"{found["eTag"]}"' in etags
        assert found["lastModified"].endswith("+00:00")
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


def test_a_queue_gets_back_what_failed_and_nothing_else(
    function: Emulator, s3: S3Client, bucket: str, results: str, chelsea: Path
) -> None:
    for key in ("a.png", "b+c.png", "d.png"):
        s3.put_object(Bucket=bucket, Key=key, Body=chelsea.read_bytes())
    good = [
        events.s3_put(bucket, "a.png"),
        events.eventbridge(bucket, "b+c.png"),
        events.topic(events.s3_put(bucket, "d.png")),
    ]
    no_bucket = events.s3_put(f"no-such-{bucket}", "e.png")
    event = events.sqs(good[0], {"x": 1}, good[1], no_bucket, good[2], events.load("s3_test"))
    failed = [{"itemIdentifier": "m-1"}, {"itemIdentifier": "m-3"}]
    assert function.invoke(event) == {"batchItemFailures": failed}
    keys = ["a.png", "b+c.png", "d.png"]
    assert written(s3, results, bucket) == [f"answers/{bucket}/{key}.json" for key in keys]
    assert function.invoke(events.sqs(*good)) == {"batchItemFailures": []}


def test_a_fifo_queue_gets_back_all_from_the_first_failure_on(
    function: Emulator, s3: S3Client, bucket: str, results: str, chelsea: Path
) -> None:
    for key in ("a.png", "b.png"):
        s3.put_object(Bucket=bucket, Key=key, Body=chelsea.read_bytes())
    a, b = events.s3_put(bucket, "a.png"), events.s3_put(bucket, "b.png")
    failed = [{"itemIdentifier": "m-1"}, {"itemIdentifier": "m-2"}]
    reply = function.invoke(events.sqs(a, {"x": 1}, b, fifo=True))
    assert reply == {"batchItemFailures": failed}
    assert written(s3, results, bucket) == [f"answers/{bucket}/a.png.json"]


def test_batch_operations_and_a_map_classify_again_for_another_model_alone(
    function: Emulator, s3: S3Client, bucket: str, results: str, chelsea: Path
) -> None:
    etag = s3.put_object(Bucket=bucket, Key="a b.png", Body=chelsea.read_bytes())["ETag"]
    s3.put_object(Bucket=bucket, Key="bad.png", Body=b"this is no picture at all")
    (done,) = function.invoke(events.task(bucket, "a b.png"))["results"]
    assert done["resultCode"] == "Succeeded"
    assert re.fullmatch(r".* cat 0\.\d\d|tabby.* 0\.\d\d", done["resultString"])
    (bad,) = function.invoke(events.task(bucket, "bad.png", "1.0"))["results"]
    assert bad["resultCode"] == "PermanentFailure"
    assert bad["resultString"].startswith("unsupported_image: ")
    (gone,) = function.invoke(events.task(bucket, "gone.png"))["results"]
    assert gone["resultString"].startswith("source_not_found: ")
    first = s3.get_object(Bucket=results, Key=f"answers/{bucket}/a b.png.json")
    told = function.invoke(events.item(bucket, "a b.png") | {"Etag": etag})
    assert told["verdict"] == "done"
    assert told["result"] == f"s3://{results}/answers/{bucket}/a b.png.json"
    again = s3.get_object(Bucket=results, Key=f"answers/{bucket}/a b.png.json")
    assert (again["ETag"], again["LastModified"]) == (first["ETag"], first["LastModified"])
    told = function.invoke(events.items(bucket, "a b.png", "bad.png"))
    assert [each["verdict"] for each in told["results"]] == ["done", "refused"]


def test_a_raw_key_that_was_taken_for_an_encoded_one_is_found(
    function: Emulator, s3: S3Client, bucket: str, results: str, chelsea: Path
) -> None:
    etag = s3.put_object(Bucket=bucket, Key="a+b%41.png", Body=chelsea.read_bytes())["ETag"]
    event = events.s3_put(bucket, "x")
    event["Records"][0]["s3"]["object"] |= {"key": "a+b%41.png", "eTag": etag.strip('"')}
    assert function.invoke(event) == {"pictures": 1}
    assert result(s3, results, bucket, "a+b%41.png")["predictions"]
    event["Records"][0]["s3"]["object"] |= {"eTag": "that of another picture"}
    assert function.invoke(event) == {"pictures": 1}
    assert result(s3, results, bucket, "a bA.png")["code"] == "source_not_found"


@pytest.mark.parametrize("ping", [{}, {"source": "serverless-plugin-warmup"}, "warmup"], ids=str)
def test_a_ping_is_told_whether_a_model_is_there(function: Emulator, ping: object) -> None:
    assert function.invoke(ping) == {"warm": True, "model_loaded": True}


def test_an_event_of_another_kind_fails_so_that_somebody_hears_of_it(function: Emulator) -> None:
    reply = function.invoke({"Records": [{"eventSource": "aws:kinesis"}]})
    assert reply["errorType"] == "BadRequest"
    assert "Records" in reply["errorMessage"]


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


@pytest.mark.slow(seconds=8)
def test_what_the_function_has_no_time_for_comes_back_before_it_is_killed(
    seaweed: Seaweed, s3: S3Client, bucket: str, tmp_path: Path, chelsea: Path
) -> None:
    keys = [f"{number}.png" for number in range(16 * cores())]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=chelsea.read_bytes())
    waiting = {f"m-{number}": events.s3_put(bucket, key) for number, key in enumerate(keys)}
    rounds = 0
    with faulty(seaweed.endpoint_url) as proxy:
        proxy.plan = lambda _: Delay(0.3)  # so that all pictures take longer than there is time
        env = {
            **seaweed.environment(),
            "AWS_ENDPOINT_URL_S3": proxy.url,
            "MICROLENS_RESULTS": str(tmp_path),
        }
        with emulator("api.event_handler.handler", env, timeout_seconds=4) as function:
            function.invoke({})  # the start, which takes of the time of the first
            while waiting:
                batch = events.sqs(*waiting.values())
                for name, record in zip(waiting, batch["Records"], strict=True):
                    record["messageId"] = name
                handed_back = function.invoke(batch)["batchItemFailures"]
                assert len(handed_back) < len(waiting), "it makes no headway"
                names = [each["itemIdentifier"] for each in handed_back]
                waiting = {name: waiting[name] for name in names}
                rounds += 1
    assert rounds > 1
    assert len(list(tmp_path.rglob("*.json"))) == len(keys)


def test_without_a_place_for_results_the_function_does_not_start(seaweed: Seaweed) -> None:
    with emulator("api.event_handler.handler", seaweed.environment()) as function:
        reply = function.invoke(events.load("s3_test"))
        assert "MICROLENS_RESULTS" in str(reply) + function.log()
