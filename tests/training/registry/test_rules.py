"""What may be promoted, where a rollback leads, and what nobody points to any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.pointers import Action, Pointer, first, moved
from training.registry.report import Report
from training.registry.rules import first_moves, reasons_against, rollback_target, standing

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ACTIONS: dict[str, Action] = {"+": "publish", ">": "promote", "<": "rollback"}


def digest(letter: str) -> str:
    """A whole digest for a release that a table calls by a letter."""
    return f"{ord(letter):064x}"


def pointer_after(moves: str) -> Pointer:
    """The pointer after moves like `+a >b <a`, oldest first."""
    pointer = None
    for number, move in enumerate(moves.split()):
        at, action = NOON + timedelta(minutes=number), ACTIONS[move[0]]
        release = digest(move[1])
        if pointer is None:
            pointer = first("pets", "prod", release, at=at, by="anna@lab", action=action)
        else:
            pointer = moved(pointer, release, at=at, by="anna@lab", action=action)
    assert pointer is not None
    return pointer


TARGETS = {
    ">a": None,
    ">a >b": "a",
    "+a +b +c": "b",
    ">a >b <a": None,
    ">a >b >c <b": "a",
    ">a >b >c <b <a": None,
    ">a >b <a >b": "a",
    ">a >b <a >c": "a",
    ">a >b >a": "b",
    ">a >b >a <b": "a",
    ">a >a": None,
    ">a >b >b": "a",
    ">a >b >c <b >c <b": "a",
    "<a": None,
    "<a >b": "a",
    ">a >b <x": None,
}


@pytest.mark.parametrize(("moves", "target"), TARGETS.items(), ids=TARGETS)
def test_a_rollback_leads_to_the_release_before_the_last_move_that_stands(
    moves: str, target: str | None
) -> None:
    assert rollback_target(pointer_after(moves)) == (target and digest(target))


@given(st.lists(st.sampled_from(["+a", ">b", ">c", "<"]), min_size=1, max_size=70))
def test_rollbacks_in_a_row_never_come_back_and_always_end(moves: list[str]) -> None:
    pointer, minute = pointer_after(">a"), 1
    forward = [pointer.release]

    def move(release: str, action: Action) -> None:
        nonlocal pointer, minute
        minute += 1
        at = NOON + timedelta(minutes=minute)
        pointer = moved(pointer, release, at=at, by="anna@lab", action=action)

    for each in moves:
        if each != "<":
            move(digest(each[1]), ACTIONS[each[0]])
            if forward[-1] != pointer.release:
                forward.append(pointer.release)
        elif target := rollback_target(pointer):
            move(target, "rollback")
            forward.pop()
            assert forward[-1] == target

    seen = 0
    while target := rollback_target(pointer):
        assert target != pointer.release
        move(target, "rollback")
        forward.pop()
        assert forward[-1] == target
        seen += 1
    assert seen <= 70


@given(st.lists(st.sampled_from([">a", ">b", "<b", "<c"]), min_size=1, max_size=60))
def test_whatever_a_history_says_the_target_is_another_release_that_it_names(
    moves: list[str],
) -> None:
    pointer = pointer_after(" ".join(moves))

    target = rollback_target(pointer)

    assert target != pointer.release
    assert target is None or target in {move.release for move in pointer.history}


A_MOVE = st.lists(st.sampled_from([">a", ">b", ">c", "<a", "<b"]), min_size=1, max_size=40)


@given(A_MOVE, st.sampled_from("abcd"))
def test_a_promotion_is_undone_by_a_rollback(moves: list[str], letter: str) -> None:
    before = pointer_after(" ".join(moves))
    after = moved(before, digest(letter), at=NOON, by="anna@lab", action="promote")

    if before.release != after.release:
        assert rollback_target(after) == before.release


REPORTS: dict[str, tuple[Report | None, tuple[str, ...]]] = {
    "no report": (None, ()),
    "it passes": (Report(verdict="pass", release=digest("a")), ()),
    "it passes with remarks": (
        Report(verdict="pass", release=digest("a"), reasons=("slower",)),
        (),
    ),
    "it fails": (
        Report(verdict="fail", release=digest("a"), reasons=("worse", "slower")),
        ("worse", "slower"),
    ),
    "it fails without a reason": (
        Report(verdict="fail", release=digest("a")),
        ("the report's verdict is fail, without a reason",),
    ),
    "it passes another": (
        Report(verdict="pass", release=digest("b")),
        ("the report is about release 000000000000, not about 000000000000",),
    ),
}


@pytest.mark.parametrize(("report", "reasons"), REPORTS.values(), ids=REPORTS.keys())
def test_a_release_may_be_promoted_unless_a_report_speaks_against_it(
    report: Report | None, reasons: tuple[str, ...]
) -> None:
    assert reasons_against(digest("a"), report) == reasons


@given(st.sampled_from("abc"), st.sampled_from("abc"), st.booleans())
def test_only_a_report_that_passes_this_very_release_lets_it_through(
    release: str, about: str, passes: bool
) -> None:
    report = Report(verdict="pass" if passes else "fail", release=digest(about))

    assert (reasons_against(digest(release), report) == ()) == (passes and release == about)


@pytest.mark.parametrize(
    ("release", "expected"),
    [("b", "current"), ("c", "current"), ("a", "remembered"), ("d", "unreferenced")],
)
def test_a_release_is_current_remembered_or_unreferenced(release: str, expected: str) -> None:
    pointers = [pointer_after(">a >b"), pointer_after(">b >a >c")]

    assert standing(digest(release), pointers) == expected


def test_the_first_move_of_a_release_is_the_earliest_of_all_stages() -> None:
    earlier, later = pointer_after("+a +b"), pointer_after(">b >a >c")

    firsts = first_moves([later, earlier])

    assert {name: firsts[digest(name)].since for name in "abc"} == {
        "a": NOON,
        "b": NOON,
        "c": NOON + timedelta(minutes=2),
    }
    assert firsts[digest("a")].action == "publish"
