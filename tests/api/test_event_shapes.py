"""Every shape of event, from AWS's documentation: which pictures it announces, and the reply."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from time import process_time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api.events import Arrival, Malformed, warmup
from api.events.recognition import recognise
from api.events.settling import Outcome, Settled, Verdict
from inference.errors import BadRequest, MicrolensError, SourceUnavailable
from tests.api import events

DONE, MALFORMED = Verdict.DONE, Verdict.MALFORMED
E1 = "0f343b0931126a20f133d67c2b018a3b"
V1 = "3HL4kqtJlcpXroDTDmJ"
MINE = "photos-in"
SMALL = Arrival(MINE, "incoming/a b.jpg", None, "e1", "00A1", ("incoming/a+b.jpg",))
LISTED = Arrival(MINE, "incoming/a b+c.jpg", None, E1)

EXPECTED: dict[str, list[Arrival]] = {
    "s3_put": [
        Arrival(
            *(MINE, "incoming/red flower+1.jpg", None, E1, "0055AED6DCD90281E5"),
            ("incoming/red+flower%2B1.jpg",),
        )
    ],
    "s3_multipart": [
        Arrival(
            *(MINE, "incoming/groß/er Film.tif", V1, "4b3c1a1d1f0c7e2b9d8a7f6e5d4c3b2a-3"),
            *("0065A1B2C3D4E5F607", ("incoming/gro%C3%9F%2Fer+Film.tif",)),
        )
    ],
    "s3_post": [
        Arrival(
            *(MINE, "uploads/65f0a1b2-Zk3", None, "d41d8cd98f00b204e9800998ecf8427e"),
            "0065A1B2C3D4E5F608",
        )
    ],
    "s3_copy": [Arrival(MINE, "a.jpg", None, "e1", "00A1")],
    "s3_delete": [],
    "s3_test": [],
    "s3_minio": [
        Arrival(MINE, "a b c.jpg", None, "e7", "17A1B2C3D4E5F601", ("a b+c.jpg",)),
    ],
    "eventbridge_created": [
        Arrival(MINE, "incoming/red flower+1%41.jpg", V1, E1, "006408CAD69598B05E")
    ],
    "eventbridge_deleted": [],
    "sqs_s3": [SMALL, Arrival(MINE, "incoming/c.jpg", None, "e1", "00A1")],
    "sqs_fifo": [Arrival(MINE, f"incoming/{i}.jpg", None, "e1", "00A1") for i in (1, 2, 3)],
    "sqs_s3_test": [],
    "sqs_eventbridge": [
        Arrival(MINE, "incoming/red flower+1%41.jpg", V1, E1, "006408CAD69598B05E")
    ],
    "sqs_failed_invocation": [SMALL],
    "sns_s3": [SMALL],
    "sns_sqs": [SMALL],
    "batch_operations_1": [
        Arrival(MINE, "incoming/a b.jpg", "1", None, "", ("incoming/a%20b.jpg",))
    ],
    "batch_operations_2": [
        Arrival(MINE, "incoming/a b.jpg", None, None, "", ("incoming/a%20b.jpg",))
    ],
    "map_item": [LISTED],
    "map_item_beside": [LISTED],
    "map_batch": [LISTED, Arrival(MINE, "incoming/d.jpg", None, E1)],
}


def announced(event: object) -> list[Arrival | Malformed]:
    """All pictures of an event, in their order."""
    shape, known = recognise(event)
    return [each for piece in shape.pieces(known) for each in piece.arrivals]


def replied(event: object, *verdicts: Verdict) -> dict[str, Any]:
    """What the sender is told when its pictures came to these `verdicts`, in their order."""
    shape, known = recognise(event)
    to_come = iter(verdicts)
    settled = [
        Settled(
            piece,
            tuple(
                Outcome(next(to_come), each, "tabby 0.93", "s3://results/x.json")
                for each in piece.arrivals
            ),
        )
        for piece in shape.pieces(known)
    ]
    return shape.reply(known, settled)


@pytest.mark.parametrize(("name", "expected"), EXPECTED.items(), ids=EXPECTED.keys())
def test_a_shape_announces_its_pictures(name: str, expected: list[Arrival]) -> None:
    assert announced(events.load(name)) == expected


def test_an_event_without_records_announces_nothing() -> None:
    assert announced({"Records": []}) == []
    assert replied({"Records": []}) == {"pictures": 0}


KEYS = [
    *("plain.jpg", "a b.jpg", "a+b.jpg", "a%2Bb.jpg", "100%.jpg", "a%zz.jpg", "ü/é/日本.jpg"),
    *("/leading", "//two", "a//b", "../up", "a/../b", "a/./b", "...", "tab\there", "q?x=1&y=2"),
    *("quote'\"", "back\\slash", "ends with space ", "😀", "k" * 1_024, "é" * 512),
]
BUILDERS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "s3": events.s3_put,
    "eventbridge": events.eventbridge,
    "sqs": lambda bucket, key: events.sqs(events.s3_put(bucket, key)),
    "sqs_eventbridge": lambda bucket, key: events.sqs(events.eventbridge(bucket, key)),
    "sns": lambda bucket, key: events.sns(events.s3_put(bucket, key)),
    "sns_sqs": lambda bucket, key: events.sqs(events.topic(events.s3_put(bucket, key))),
    "batch_operations_1": lambda bucket, key: events.task(bucket, key, "1.0"),
    "batch_operations_2": lambda bucket, key: events.task(bucket, key, "2.0"),
    "map": events.item,
    "map_batch": events.items,
}


@pytest.mark.parametrize("shape", BUILDERS)
@pytest.mark.parametrize("key", KEYS, ids=ascii)
def test_every_key_comes_out_of_every_shape_as_it_went_into_s3(shape: str, key: str) -> None:
    event = json.loads(json.dumps(BUILDERS[shape](MINE, key)))
    (found,) = announced(event)
    assert isinstance(found, Arrival)
    assert (found.bucket, found.key) == (MINE, key)


@pytest.mark.parametrize("shape", BUILDERS)
@given(
    key=st.text(min_size=1).filter(lambda key: not {chr(c) for c in range(0xD800, 0xE000)} & {*key})
)
@settings(max_examples=25)
def test_any_key_comes_out_of_every_shape(shape: str, key: str) -> None:
    (found,) = announced(json.loads(json.dumps(BUILDERS[shape](MINE, key))))
    assert isinstance(found, Arrival)
    assert found.key == key


@pytest.mark.parametrize(
    "bucket", ["", "Photos", "../x", "a", "photos\n", "10.0.0.1", None, 5, ["photos"]], ids=repr
)
def test_a_name_that_no_bucket_has_is_malformed(bucket: Any) -> None:
    event = events.s3_put(MINE, "a.jpg", "b.jpg")
    event["Records"][0]["s3"]["bucket"]["name"] = bucket
    broken, whole = announced(event)
    assert isinstance(broken, Malformed)
    assert isinstance(whole, Arrival)


BROKEN_RECORDS: list[Any] = [
    *(None, 5, "x", [], {}, {"eventSource": "aws:s3"}),
    {"eventSource": "aws:s3", "eventName": 5},
    {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"},
    {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": MINE}}},
    {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": MINE}, "object": {"key": 7}},
    },
    {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": MINE}, "object": {"key": ""}},
    },
]


@pytest.mark.parametrize("record", BROKEN_RECORDS, ids=repr)
def test_one_malformed_record_spoils_no_other(record: Any) -> None:
    event = events.s3_put(MINE, "a.jpg", "c.jpg")
    event["Records"].insert(1, record)
    first, broken, last = announced(event)
    assert isinstance(first, Arrival)
    assert isinstance(broken, Malformed)
    assert isinstance(last, Arrival)
    assert last.key == "c.jpg"
    with pytest.raises(BadRequest, match="1 of 3 pictures"):
        replied(event, Verdict.DONE, Verdict.MALFORMED, Verdict.DONE)


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "5", "{}", '"x"', "[" * 100_000, None, 7], ids=ascii
)
def test_a_message_that_carries_no_event_spoils_no_other(body: Any) -> None:
    event = events.load("sqs_s3")
    event["Records"][0]["body"] = body
    broken, whole = announced(event)
    assert isinstance(broken, Malformed)
    assert isinstance(whole, Arrival)


class TestReplies:
    def test_a_fault_that_may_pass_is_raised_for_those_that_hear_nothing_else(self) -> None:
        for name in ("s3_put", "eventbridge_created", "sns_s3", "map_item"):
            with pytest.raises(SourceUnavailable, match="1 of 1"):
                replied(events.load(name), Verdict.FAILED)

    def test_a_queue_gets_back_the_messages_that_failed_and_no_other(self) -> None:
        event = events.load("sqs_s3")
        assert replied(event, Verdict.DONE, Verdict.REFUSED) == {"batchItemFailures": []}
        second = {"batchItemFailures": [{"itemIdentifier": "2e1424d4-f796-459a-8184-9c92662be6da"}]}
        assert replied(event, Verdict.DONE, Verdict.FAILED) == second
        assert replied(event, Verdict.PASSED_OVER, Verdict.MALFORMED) == second

    def test_a_failed_message_without_a_name_fails_the_whole_batch(self) -> None:
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
        self, version: str, verdict: Verdict, code: str
    ) -> None:
        assert replied(events.load(f"batch_operations_{version}"), verdict) == {
            "invocationSchemaVersion": f"{version}.0",
            "treatMissingKeysAs": "PermanentFailure",
            "invocationId": "YXNkbGZqYWRm",
            "results": [
                {"taskId": "dGFza2lk", "resultCode": code, "resultString": "tabby 0.93"},
            ],
        }

    def test_an_item_of_a_map_is_told_where_its_result_lies(self) -> None:
        told = {
            "bucket": MINE,
            "key": "incoming/a b+c.jpg",
            "verdict": "done",
            "summary": "tabby 0.93",
            "result": "s3://results/x.json",
        }
        assert replied(events.load("map_item"), Verdict.DONE) == told
        batch = replied(events.load("map_batch"), Verdict.DONE, Verdict.REFUSED)
        second = told | {"key": "incoming/d.jpg", "verdict": "refused"}
        assert batch == {"results": [told, second]}

    def test_an_item_without_a_bucket_is_told_where_to_add_it(self) -> None:
        event = events.load("map_item")
        del event["Bucket"]
        (found,) = announced(event)
        assert isinstance(found, Malformed)
        assert "ItemSelector" in found.reason
        with pytest.raises(BadRequest):
            replied(event, Verdict.MALFORMED)


class TestPings:
    @pytest.mark.parametrize(
        "event",
        [
            events.load("warmup_plugin"),
            events.load("scheduled"),
            events.load("scheduled") | {"source": "aws.scheduler"},
            *({}, None, "warmup", "ping", {"warmer": True, "concurrency": 3}, {"warmup": 1}),
            *({"source": "warm-up"}, {"action": "keep-alive"}, {"keep-warm": True}),
        ],
        ids=repr,
    )
    def test_a_ping_is_told_from_an_event(self, event: object) -> None:
        assert warmup.is_ping(event, None)

    @pytest.mark.parametrize("name", [*EXPECTED, *events.HTTP_SHAPES])
    def test_no_event_is_taken_for_a_ping(self, name: str) -> None:
        assert not warmup.is_ping(events.load(name), None)

    @pytest.mark.parametrize(
        "event",
        [
            *({"Records": []}, {"Key": "ping", "Bucket": "warmup"}, [], 0, False, "", "swarm"),
            {"warmup": False},
        ],
        ids=repr,
    )
    def test_what_only_looks_like_a_ping_is_none(self, event: object) -> None:
        assert not warmup.is_ping(event, None)

    def test_a_ping_may_stand_in_the_client_context_alone(self) -> None:
        class Client:
            custom = events.load("warmup_plugin")

        class Context:
            client_context = Client()

        assert warmup.is_ping({"Records": [1]}, Context())
        assert not warmup.is_ping({"Records": [1]}, Client())


WORDS = st.sampled_from(
    [
        *(
            "Records",
            "eventSource",
            "aws:s3",
            "aws:sqs",
            "EventSource",
            "aws:sns",
            "Sns",
            "Message",
        ),
        *("body", "messageId", "eventName", "ObjectCreated:Put", "s3", "bucket", "name", "object"),
        *("key", "photos-in", "tasks", "invocationSchemaVersion", "s3Key", "s3BucketArn", "taskId"),
        *("Items", "Item", "BatchInput", "Key", "Bucket", "source", "aws.s3", "detail-type"),
        *(
            "Object Created",
            "detail",
            "Type",
            "Notification",
            "requestPayload",
            "sequencer",
            "Etag",
        ),
        *("eTag", "versionId", "eventSourceARN", "x.fifo", "Event", "s3:TestEvent", "\ud800"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=25,
)
TEMPLATES = st.sampled_from([*EXPECTED, "warmup_plugin", "scheduled"]).map(events.load)


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """A real event in which one member, somewhere, is something else or is not there."""
    event = draw(TEMPLATES)
    place: Any = event
    while True:
        names = [*place] if isinstance(place, dict) else [*range(len(place))]
        if not names:
            return event
        name = draw(st.sampled_from(names))
        inner = place[name]
        if isinstance(inner, str) and inner.startswith("{") and draw(st.booleans()):
            inner = json.loads(inner)
            if draw(st.booleans()):
                inner.pop(next(iter(inner)), None)
            place[name] = json.dumps(inner)
            return event
        if not isinstance(inner, dict | list) or draw(st.booleans()):
            if draw(st.booleans()):
                del place[name]
            else:
                place[name] = draw(JSON)
            return event
        place = inner


@given(JSON | spoilt())
@settings(max_examples=500, deadline=None)
@example({"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": "[" * 90_000}]})
@example({"Items": [[]] * 10_000})
@example({"tasks": [None] * 10_000, "invocationSchemaVersion": None})
@example({"Items": [[]] * 1_000_000})
def test_whatever_comes_is_understood_or_refused_with_an_error_of_ours(event: object) -> None:
    start = process_time()
    with suppress(MicrolensError):
        warmup.is_ping(event, None)
        found = announced(event)
        assert all(isinstance(each, Malformed) or each.key.encode() for each in found)
        replied(event, *(MALFORMED if isinstance(each, Malformed) else DONE for each in found))
    assert process_time() - start < 1
