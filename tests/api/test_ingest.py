"""Which event is old news: the rule alone, as a table."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.events import Arrival, Malformed, s3
from api.ingest import is_done, result_key
from tests.api import events


def arrival(sequencer: str, etag: str | None = "e1") -> Arrival:
    return Arrival("photos", "cat.jpg", None, etag, sequencer)


@pytest.mark.parametrize(
    ("sequencer", "result", "done"),
    [
        ("0055AED6DCD90281E5", {"sequencer": "0055AED6DCD90281E5"}, True),
        ("0055AED6DCD90281E6", {"sequencer": "0055AED6DCD90281E5"}, False),
        ("0055AED6DCD90281E4", {"sequencer": "0055AED6DCD90281E5"}, True),
        ("0055AED6DCD9", {"sequencer": "0055AED6DCD90000"}, True),
        ("0055AED6DCDA", {"sequencer": "0055AED6DCD90281E5"}, False),
        ("0055aed6dcd90281e5", {"sequencer": "0055AED6DCD90281E5"}, True),
        ("0055", {"eTag": "e2"}, False),
        ("0055", {"sequencer": None, "eTag": "e2"}, False),
        ("", {"sequencer": "0055", "eTag": "e2"}, False),
        ("", {"sequencer": "0055", "eTag": "e1"}, True),
        ("", {"eTag": "e1"}, True),
        ("", {"eTag": "e2"}, False),
        ("", {}, False),
    ],
)
def test_an_event_is_old_news_when_the_result_is_of_it_or_of_a_later_one(
    sequencer: str, result: dict[str, Any], done: bool
) -> None:
    assert is_done(arrival(sequencer), result) is done


hexadecimal = st.text("0123456789ABCDEF", min_size=1, max_size=20)


@given(hexadecimal, hexadecimal)
def test_of_two_events_one_is_old_news_once_the_other_has_its_result(a: str, b: str) -> None:
    same = a.rstrip("0") == b.rstrip("0")
    a_after_b = is_done(arrival(a), {"sequencer": b})
    b_after_a = is_done(arrival(b), {"sequencer": a})
    assert (a_after_b and b_after_a) if same else (a_after_b != b_after_a)


@given(st.text(min_size=1).filter(lambda key: not key.isspace()))
def test_keys_come_out_of_a_notification_as_they_went_into_s3(key: str) -> None:
    try:
        key.encode()
    except UnicodeEncodeError:
        return  # half a surrogate pair: no key that S3 can hold
    event = json.loads(json.dumps(events.s3_put("photos", key)))
    (found,) = s3.arrivals(event)
    assert isinstance(found, Arrival)
    assert found.key == key


def test_one_malformed_record_spoils_no_other() -> None:
    event = events.s3_put("photos", "a.jpg", "b.jpg", "c.jpg")
    del event["Records"][0]["eventName"]
    event["Records"][1]["s3"]["object"]["sequencer"] = None
    broken, without, whole = s3.arrivals(event)
    assert isinstance(broken, Malformed)
    assert "eventName" in broken.reason
    assert isinstance(without, Arrival)
    assert without.sequencer == ""
    assert isinstance(whole, Arrival)
    assert whole.key == "c.jpg"


def test_a_result_lies_under_the_name_of_its_picture_if_s3_can_hold_that() -> None:
    short, long = arrival("1"), Arrival("photos", "k" * 1_020, None, None, "1")
    assert result_key(short, 20) == "photos/cat.jpg.json"
    assert len(result_key(long, 20)) < 200
    other = Arrival("photos", "k" * 1_019 + "l", None, None, "1")
    assert result_key(long, 20) != result_key(other, 20)
