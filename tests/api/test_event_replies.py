"""What the sender of an event is told, shape by shape."""

from __future__ import annotations

import pytest

from api.events import Malformed
from api.events.settling import Verdict
from inference.errors import BadRequest, SourceUnavailable
from tests.api import events
from tests.api.recognised import announced, replied


def test_a_fault_that_may_pass_is_raised_for_those_that_hear_nothing_else() -> None:
    for name in ("s3_put", "eventbridge_created", "sns_s3", "map_item"):
        with pytest.raises(SourceUnavailable, match="1 of 1"):
            replied(events.load(name), Verdict.FAILED)


def test_a_queue_gets_back_the_messages_that_failed_and_no_other() -> None:
    event = events.load("sqs_s3")
    assert replied(event, Verdict.DONE, Verdict.REFUSED) == {"batchItemFailures": []}
    second = {"batchItemFailures": [{"itemIdentifier": "2e1424d4-f796-459a-8184-9c92662be6da"}]}
    assert replied(event, Verdict.DONE, Verdict.FAILED) == second
    assert replied(event, Verdict.PASSED_OVER, Verdict.MALFORMED) == second


def test_a_failed_message_without_a_name_fails_the_whole_batch() -> None:
    event = events.load("sqs_s3")
    del event["Records"][0]["messageId"]
    with pytest.raises(BadRequest, match="messageId"):
        replied(event, Verdict.MALFORMED, Verdict.DONE)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Verdict.DONE, "Succeeded"),
        (Verdict.PASSED_OVER, "Succeeded"),
        (Verdict.REFUSED, "PermanentFailure"),
        (Verdict.MALFORMED, "PermanentFailure"),
        (Verdict.FAILED, "TemporaryFailure"),
    ],
)
def test_a_task_of_batch_operations_gets_its_result(
    version: str, verdict: Verdict, code: str
) -> None:
    assert replied(events.load(f"batch_operations_{version}"), verdict) == {
        "invocationSchemaVersion": f"{version}.0",
        "treatMissingKeysAs": "PermanentFailure",
        "invocationId": "YXNkbGZqYWRm",
        "results": [
            {"taskId": "dGFza2lk", "resultCode": code, "resultString": "tabby 0.93"},
        ],
    }


def test_an_item_of_a_map_is_told_where_its_result_lies() -> None:
    told = {
        "bucket": "photos-in",
        "key": "incoming/a b+c.jpg",
        "verdict": "done",
        "summary": "tabby 0.93",
        "result": "s3://results/x.json",
    }
    assert replied(events.load("map_item"), Verdict.DONE) == told
    batch = replied(events.load("map_batch"), Verdict.DONE, Verdict.REFUSED)
    second = told | {"key": "incoming/d.jpg", "verdict": "refused"}
    assert batch == {"results": [told, second]}


def test_an_item_without_a_bucket_is_told_where_to_add_it() -> None:
    event = events.load("map_item")
    del event["Bucket"]
    (found,) = announced(event)
    assert isinstance(found, Malformed)
    assert "ItemSelector" in found.reason
    with pytest.raises(BadRequest):
        replied(event, Verdict.MALFORMED)
