"""Every shape of event, from AWS's documentation: which pictures it announces."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.events import Arrival, Malformed
from api.events.settling import Verdict
from inference.errors import BadRequest
from tests.api import events
from tests.api.recognised import announced, replied

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


@pytest.mark.parametrize(("name", "expected"), EXPECTED.items(), ids=EXPECTED.keys())
def test_a_shape_announces_its_pictures(name: str, expected: list[Arrival]) -> None:
    assert announced(events.load(name)) == expected


def test_of_every_shape_it_is_known_what_it_announces() -> None:
    assert EXPECTED.keys() == set(events.STORAGE_SHAPES)


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
