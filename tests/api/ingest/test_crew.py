"""Work on all cores, and what happens to the rest when the time is over."""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from threading import Barrier, Event
from time import monotonic, process_time

import pytest

from api.ingest.crew import Crew
from inference.cores import cores


@pytest.fixture
def crew() -> Iterator[Crew[int]]:
    """A crew, dismissed afterwards."""
    found: Crew[int] = Crew()
    yield found
    found.close()


def test_answers_come_in_the_order_of_the_work(crew: Crew[int]) -> None:
    assert crew.run([lambda n=n: n for n in range(20)], lambda: 60.0) == [*range(20)]  # type: ignore[misc]  # mypy and defaults of lambdas
    assert crew.run([], lambda: 60.0) == []


def test_all_cores_work_at_once(crew: Crew[int]) -> None:
    together = Barrier(cores(), timeout=30)
    assert sorted(crew.run([together.wait] * cores(), lambda: 60.0)) == [*range(cores())]  # type: ignore[type-var]  # None would not sort


def test_what_is_late_is_handed_back_and_answered_for_in_time(crew: Crew[int]) -> None:
    hangs, go_on = Event(), Event()

    def hang() -> int:
        hangs.set()
        go_on.wait(30)
        return 1

    start = monotonic()
    try:
        answers = crew.run([hang] * (cores() + 3), lambda: 0.5)
        assert monotonic() - start < 20
        assert hangs.is_set()
        assert answers == [None] * (cores() + 3)
    finally:
        go_on.set()
    assert crew.run([lambda: 7], lambda: 60.0) == [7]


def test_nothing_is_begun_that_would_not_be_finished(crew: Crew[int]) -> None:
    begun = []

    def work() -> int:
        begun.append(1)
        end = monotonic() + 0.2
        while monotonic() < end:
            process_time()
        return 1

    answers = crew.run([work] * 100, lambda: 1.0)
    assert answers.count(1) >= cores()
    assert answers.count(None) >= 100 - 5 * cores()
    assert len(begun) <= 5 * cores()


def test_the_first_work_is_begun_however_little_time_there_is(crew: Crew[int]) -> None:
    began = Event()

    def begin() -> int:
        began.set()
        return 1

    crew.run([begin], lambda: 0.001)
    assert began.wait(30)


def test_what_is_known_of_the_invocation_is_known_to_the_work(crew: Crew[int]) -> None:
    known: contextvars.ContextVar[int] = contextvars.ContextVar("known", default=0)
    known.set(42)
    assert crew.run([known.get] * 3, lambda: 60.0) == [42] * 3
