"""Which event is old news: the rules alone, as tables and with any order of arrival."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.events import Arrival
from api.ingest.order import Result, is_done, is_newer, is_outdated, result_key

RELEASE = "4f0c"


def arrival(sequencer: str, etag: str | None = "e1", version: str | None = None) -> Arrival:
    return Arrival("photos", "cat.jpg", version, etag, sequencer)


def answer(etag: str = "e1", release: str = RELEASE, **members: Any) -> dict[str, Any]:
    return {"eTag": etag, "model": {"release": release}, **members}


@pytest.mark.parametrize(
    ("sequencer", "result", "done"),
    [
        ("0055AED6DCD90281E5", {"sequencer": "0055AED6DCD90281E5"}, True),
        ("0055AED6DCD90281E6", {"sequencer": "0055AED6DCD90281E5"}, False),
        ("0055AED6DCD90281E4", {"sequencer": "0055AED6DCD90281E5"}, True),
        ("0055AED6DCD9", {"sequencer": "0055AED6DCD90000"}, True),
        ("0055AED6DCDA", {"sequencer": "0055AED6DCD90281E5"}, False),
        ("0055aed6dcd90281e5", {"sequencer": "0055AED6DCD90281E5"}, True),
        ("0055", {"sequencer": "0055", "model": {"release": "another"}}, True),
        ("0055", answer(), False),
        ("0055", answer(sequencer=None), False),
        ("0055", {"sequencer": 7}, False),
        ("0055", {}, False),
    ],
)
def test_an_event_is_old_news_when_the_result_is_of_it_or_of_a_later_one(
    sequencer: str, result: Result, done: bool
) -> None:
    assert is_done(arrival(sequencer), result, RELEASE) is done


@pytest.mark.parametrize(
    ("request_", "result", "done"),
    [
        (arrival("", "e1"), answer("e1", sequencer="0055"), True),
        (arrival("", "e1"), answer("e1"), True),
        (arrival("", "e1"), answer("e1", release="another"), False),
        (arrival("", "e1"), answer("e2"), False),
        (arrival("", None), answer("e1"), False),
        (arrival("", "e1", "v1"), answer("e1", versionId="v1"), True),
        (arrival("", "e1", "v1"), answer("e1", versionId="v2"), False),
        (arrival("", "e1"), {"eTag": "e1", "code": "bad_image"}, False),
        (arrival("", "e1"), {"eTag": "e1", "model": "x"}, False),
        (arrival("", None), {}, False),
    ],
)
def test_without_a_sequencer_the_same_picture_by_the_same_model_is_done(
    request_: Arrival, result: Result, done: bool
) -> None:
    assert is_done(request_, result, RELEASE) is done


EARLY, LATE = "2026-03-02T10:11:12+00:00", "2026-03-02T10:11:13+00:00"


@pytest.mark.parametrize(
    ("result", "present", "outdated"),
    [
        ({"lastModified": EARLY}, {"lastModified": LATE}, True),
        ({"lastModified": LATE}, {"lastModified": EARLY}, False),
        ({"lastModified": EARLY}, {"lastModified": EARLY}, False),
        ({"lastModified": EARLY, "sequencer": "1"}, {"lastModified": LATE}, False),
        ({"lastModified": EARLY}, {"lastModified": LATE, "sequencer": "1"}, True),
        (
            {"lastModified": EARLY, "sequencer": "2"},
            {"lastModified": LATE, "sequencer": "1"},
            False,
        ),
        ({"lastModified": EARLY}, {}, False),
        ({"code": "source_not_found"}, {"lastModified": EARLY}, True),
        ({"code": "source_not_found", "sequencer": "2"}, {"lastModified": EARLY}, False),
        ({"code": "source_not_found"}, {}, False),
        ({"lastModified": EARLY}, {"code": "source_not_found"}, False),
    ],
)
def test_what_has_no_sequencer_is_judged_by_the_time_of_writing(
    result: Result, present: Result, outdated: bool
) -> None:
    assert is_outdated(result, present) is outdated


hexadecimal = st.text("0123456789ABCDEF", min_size=1, max_size=20)


@given(hexadecimal, hexadecimal)
def test_of_two_events_one_is_old_news_once_the_other_has_its_result(a: str, b: str) -> None:
    same = a.rstrip("0") == b.rstrip("0")
    a_after_b = is_done(arrival(a), {"sequencer": b}, RELEASE)
    b_after_a = is_done(arrival(b), {"sequencer": a}, RELEASE)
    assert (a_after_b and b_after_a) if same else (a_after_b != b_after_a)


@given(hexadecimal, hexadecimal, hexadecimal)
def test_newer_is_an_order(a: str, b: str, c: str) -> None:
    assert not is_newer(a, a)
    if is_newer(a, b) and is_newer(b, c):
        assert is_newer(a, c)


# Puts of one key: each has its place among the sequencers, its ETag and its second.
PUTS = [(f"00A{n}" + "0" * (n % 3), f"e{n}", f"2026-03-02T10:11:{n:02}+00:00") for n in range(1, 8)]


@st.composite
def deliveries(draw: st.DrawFn) -> list[tuple[int, bool]]:
    """Events of all puts, several times and in any order, and requests without a sequencer."""
    events = [(put, True) for put in range(len(PUTS))]
    events += draw(st.lists(st.sampled_from(events), max_size=12))
    requests = draw(st.lists(st.tuples(st.sampled_from(range(len(PUTS))), st.just(False))))
    return draw(st.permutations(events + requests))


@given(deliveries())
def test_whatever_comes_in_whatever_order_the_newest_result_stays(
    delivered: list[tuple[int, bool]],
) -> None:
    present: dict[str, Any] = {}
    for put, is_event in delivered:
        sequencer, etag, modified = PUTS[put]
        one = arrival(sequencer if is_event else "", etag, f"v{put}")
        if is_done(one, present, RELEASE):
            continue
        result = answer(etag, lastModified=modified, sequencer=one.sequencer or None)
        if is_outdated(result, present):
            continue
        before = present.get("sequencer") or ""
        present = result | {"sequencer": result["sequencer"] or before or None}
        assert not is_newer(before, present["sequencer"] or "")
    assert present["eTag"] == PUTS[-1][1]
    assert present["sequencer"] == PUTS[-1][0]


ODD = ["a/../b", "../b", "./a", "a/./b"]
ODD_FILES = ["/leading", "a//b", "k" * 251, "nul\0", "d/.microlens-lock", "a.json/b"]


@pytest.mark.parametrize("is_folder", [False, True])
def test_a_result_lies_under_the_name_of_its_picture_if_that_can_be(is_folder: bool) -> None:
    def key(of: str) -> str:
        return result_key(Arrival("photos", of), 20, is_folder=is_folder)

    assert key("cat.jpg") == "photos/cat.jpg.json"
    assert key("a b/ü+1%.jpg") == "photos/a b/ü+1%.jpg.json"
    long = "/".join("k" * 100 for _ in range(10))
    assert len(key(long)) < 200
    assert key(long) != key(long + "l")
    odd = [*ODD, *(ODD_FILES if is_folder else [])]
    keys = {key(of) for of in odd}
    assert len(keys) == len(odd)
    for each in keys:
        parts = each.split("/")
        assert len(parts) == 2
        assert len(parts[1]) == 64 + len(".json")


def test_in_s3_only_dots_between_slashes_are_odd() -> None:
    assert result_key(Arrival("photos", "//a//b"), 20) == "photos///a//b.json"
