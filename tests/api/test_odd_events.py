"""Events that nobody sends: understood or refused with an error of ours, and soon."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from api.events import Malformed, warmup
from api.events.settling import Verdict
from inference.errors import MicrolensError
from tests.api import events
from tests.api.recognised import announced, replied
from tests.costs import within

DONE, MALFORMED = Verdict.DONE, Verdict.MALFORMED

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
TEMPLATES = st.sampled_from([*events.STORAGE_SHAPES, *events.PINGS]).map(events.load)


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
@settings(max_examples=500)
@example({"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": "[" * 90_000}]})
@example({"Items": [[]] * 10_000})
@example({"tasks": [None] * 10_000, "invocationSchemaVersion": None})
@example({"Items": [[]] * 1_000_000})
def test_whatever_comes_is_understood_or_refused_with_an_error_of_ours(event: object) -> None:
    with suppress(MicrolensError):
        within(1, _understood, event)


def _understood(event: object) -> None:
    """As the functions do: a ping, or pictures, and the reply to them."""
    warmup.is_ping(event, None)
    found = announced(event)
    assert all(isinstance(each, Malformed) or each.key.encode() for each in found)
    replied(event, *(MALFORMED if isinstance(each, Malformed) else DONE for each in found))
