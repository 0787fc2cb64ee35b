"""Occupancy: whether a picture is alone, told truly with many threads about."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from inference.occupancy import Occupancy


def test_one_is_alone_and_two_are_not() -> None:
    occupancy = Occupancy()
    found = [occupancy.is_one]

    with occupancy:
        found.append(occupancy.is_one)
        with occupancy:
            found.append(occupancy.is_one)
        found.append(occupancy.is_one)

    assert found == [False, True, False, True]


def test_whoever_fails_has_left() -> None:
    occupancy = Occupancy()

    with pytest.raises(ValueError, match="broken"), occupancy:
        raise ValueError("broken")
    with occupancy:
        assert occupancy.is_one


def test_nobody_is_alone_while_all_are_inside_and_all_leave() -> None:
    occupancy, together = Occupancy(), Barrier(8)

    def visit(_: int) -> bool:
        with occupancy:
            together.wait()
            alone = occupancy.is_one
            together.wait()
            return alone

    with ThreadPoolExecutor(8) as threads:
        assert not any(threads.map(visit, range(8)))
    with occupancy:
        assert occupancy.is_one
