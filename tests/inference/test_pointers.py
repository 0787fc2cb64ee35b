"""A pointer remembers where its stage has been, and is the same bytes for the same facts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.errors import ModelError
from inference.pointers import HISTORY, Action, Pointer, first, moved

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RELEASES = st.integers(0, 5).map(lambda number: f"{number:064x}")
ACTIONS: st.SearchStrategy[Action] = st.sampled_from(["publish", "promote", "rollback"])
MOMENTS = st.integers(0, 10**15).map(lambda number: NOON + timedelta(microseconds=number))
AUTHORS = st.text(min_size=1, max_size=20)
MOVES = st.tuples(RELEASES, MOMENTS, AUTHORS, ACTIONS)


def pointer_of(moves: list[tuple[str, datetime, str, Action]]) -> Pointer:
    """The pointer after all of `moves`, oldest first."""
    release, at, by, action = moves[0]
    pointer = first("pets", "prod", release, at=at, by=by, action=action)
    for release, at, by, action in moves[1:]:
        pointer = moved(pointer, release, at=at, by=by, action=action)
    return pointer


@given(st.lists(MOVES, min_size=1, max_size=HISTORY + 10))
def test_it_remembers_the_last_moves_newest_first(
    moves: list[tuple[str, datetime, str, Action]],
) -> None:
    pointer = pointer_of(moves)

    remembered = [(each.release, each.since, each.by, each.action) for each in pointer.moves]
    assert remembered == moves[::-1][: HISTORY + 1]
    assert pointer.release == moves[-1][0]
    assert len(pointer.history) <= HISTORY


@given(st.lists(MOVES, min_size=1, max_size=5))
def test_its_bytes_are_read_back_as_the_same_pointer(
    moves: list[tuple[str, datetime, str, Action]],
) -> None:
    pointer = pointer_of(moves)

    assert Pointer.parse(pointer.serialise()) == pointer
    assert Pointer.parse(pointer.serialise()).serialise() == pointer.serialise()


def test_its_bytes_are_those_that_the_documentation_shows() -> None:
    pointer = first("pets", "prod", "a" * 64, at=NOON, by="anna@lab", action="promote")
    later = timezone(timedelta(hours=2))
    pointer = moved(
        pointer,
        "b" * 64,
        at=NOON.astimezone(later) + timedelta(hours=1),
        by="bert@lab",
        action="rollback",
    )

    assert json.loads(pointer.serialise()) == {
        "format": 1,
        "name": "pets",
        "stage": "prod",
        "release": "b" * 64,
        "since": "2026-11-21T13:00:00Z",
        "by": "bert@lab",
        "action": "rollback",
        "history": [
            {
                "release": "a" * 64,
                "since": "2026-11-21T12:00:00Z",
                "by": "anna@lab",
                "action": "promote",
            }
        ],
    }
    assert list(json.loads(pointer.serialise()))[:4] == ["format", "name", "stage", "release"]


GOOD = {
    "format": 1,
    "name": "pets",
    "stage": "prod",
    "release": "a" * 64,
    "since": "2026-11-21T12:00:00Z",
    "by": "anna@lab",
    "action": "publish",
    "history": [],
}
FAULTS: dict[str, tuple[dict[str, object], str]] = {
    "another format": ({"format": 2}, "format"),
    "a digest that is cut": ({"release": "a" * 63}, "release"),
    "a time without a zone": ({"since": "2026-11-21T12:00:00"}, "since"),
    "no author": ({"by": ""}, "by"),
    "an unknown action": ({"action": "delete"}, "action"),
    "a bad name": ({"name": "../pets"}, "name"),
    "a bad stage": ({"stage": "a/b"}, "stage"),
    "a bad history": ({"history": [{}]}, "history.0.release"),
    "too long a history": ({"history": [{**GOOD}] * (HISTORY + 1)}, "history"),
}


@pytest.mark.parametrize(("change", "where"), FAULTS.values(), ids=FAULTS.keys())
def test_what_is_no_pointer_is_refused_with_the_place_of_the_fault(
    change: dict[str, object], where: str
) -> None:
    with pytest.raises(ModelError, match=rf"this is no pointer of format 1: {where}"):
        Pointer.parse(json.dumps({**GOOD, **change}).encode())


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"{}"])
def test_what_is_no_json_object_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError, match="this is no pointer"):
        Pointer.parse(content)


def test_what_a_newer_version_adds_is_passed_over() -> None:
    assert Pointer.parse(json.dumps({**GOOD, "reason": "new"}).encode()).release == "a" * 64


@given(st.binary(max_size=200))
def test_any_bytes_are_a_pointer_or_refused(content: bytes) -> None:
    with pytest.raises(ModelError):
        Pointer.parse(content)
