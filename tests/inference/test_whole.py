"""Written aside and renamed: there is the old file or the new one, and nothing beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.whole import OURS, written_whole


def write_half(place: Path) -> None:
    place.write_bytes(b"half")
    raise OSError("the disk is full")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_gets_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(b"old")

    with written_whole(path) as place:
        place.write_bytes(b"new")
        assert path.read_bytes() == b"old"
        assert place.name.startswith(OURS)

    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["report.json"]


def test_what_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(b"old")

    with pytest.raises(OSError, match="full"), written_whole(path) as place:
        write_half(place)

    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["report.json"]


def test_writers_of_one_file_do_not_write_into_each_other(tmp_path: Path) -> None:
    path = tmp_path / "report.json"

    with written_whole(path) as one, written_whole(path) as other:
        one.write_bytes(b"one")
        other.write_bytes(b"other")

    assert path.read_bytes() == b"one"  # whose block ended last
    assert names(tmp_path) == ["report.json"]


def test_the_name_for_the_meantime_can_be_given(tmp_path: Path) -> None:
    with written_whole(tmp_path / "a.npz", tmp_path / "a.npz.partial") as place:
        place.write_bytes(b"whole")
        assert names(tmp_path) == ["a.npz.partial"]

    assert names(tmp_path) == ["a.npz"]


def test_a_name_as_long_as_a_name_may_be_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)

    with written_whole(path) as place:
        place.write_bytes(b"whole")

    assert path.read_bytes() == b"whole"
