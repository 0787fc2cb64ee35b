"""Pings are told from events: nobody is warmed instead of served."""

from __future__ import annotations

import pytest

from api.events import warmup
from tests.api import events


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
def test_a_ping_is_told_from_an_event(event: object) -> None:
    assert warmup.is_ping(event, None)


@pytest.mark.parametrize("name", [*events.STORAGE_SHAPES, *events.HTTP_SHAPES])
def test_no_event_is_taken_for_a_ping(name: str) -> None:
    assert not warmup.is_ping(events.load(name), None)


@pytest.mark.parametrize(
    "event",
    [
        *({"Records": []}, {"Key": "ping", "Bucket": "warmup"}, [], 0, False, "", "swarm"),
        {"warmup": False},
    ],
    ids=repr,
)
def test_what_only_looks_like_a_ping_is_none(event: object) -> None:
    assert not warmup.is_ping(event, None)


def test_a_ping_may_stand_in_the_client_context_alone() -> None:
    class Client:
        custom = events.load("warmup_plugin")

    class Context:
        client_context = Client()

    assert warmup.is_ping({"Records": [1]}, Context())
    assert not warmup.is_ping({"Records": [1]}, Client())
