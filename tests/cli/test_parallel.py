"""Work on many things at once keeps their order and bounds what is in hand."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from threading import Barrier, Lock

import pytest

from cli.parallel import in_order


def test_results_come_in_the_order_of_the_things() -> None:
    assert list(in_order(lambda n: n * n, range(100), 4)) == [n * n for n in range(100)]


def test_as_many_things_as_allowed_are_worked_on_at_once() -> None:
    together = Barrier(2, timeout=30)

    # Each waits for another: one at a time would never end.
    assert len(list(in_order(lambda _: together.wait(), range(10), 2))) == 10


def test_never_more_than_allowed_are_worked_on_at_once() -> None:
    lock, now, most = Lock(), 0, 0

    def work(_: int) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        with lock:
            now -= 1

    assert len(list(in_order(work, range(200), 3))) == 200
    assert 1 <= most <= 3


def test_endless_things_are_taken_as_they_are_needed() -> None:
    taken = 0

    def things() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    assert list(islice(in_order(lambda n: n, things(), 2), 5)) == [1, 2, 3, 4, 5]
    assert taken < 20


def test_an_error_is_raised_in_its_place_and_ends_the_rest() -> None:
    begun = []

    def work(n: int) -> int:
        begun.append(n)
        if n == 3:
            raise ValueError(n)
        return n

    results = in_order(work, range(1_000), 2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="3"):
        next(results)
    assert len(begun) < 20
