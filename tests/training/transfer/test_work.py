"""What a run keeps for the next: whole or not there, and never stale."""

from __future__ import annotations

import numpy as np
import pytest

from training.transfer.work import Work, key


@pytest.fixture
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    return Work(tmp_path_factory.mktemp("work") / "model.work")


def test_arrays_come_back_as_they_were(work: Work) -> None:
    work.keep_arrays("features/a.npz", {"names": np.array(["x", "y"]), "rows": np.eye(2)})

    found = work.read_arrays("features/a.npz")

    assert found is not None
    assert found["names"].tolist() == ["x", "y"]
    assert (found["rows"] == np.eye(2)).all()
    assert list(work.names("features")) == ["features/a.npz"]


@pytest.mark.parametrize("keep", [0, 10, 100], ids=["empty", "a few bytes", "cut off"])
def test_a_damaged_file_is_as_good_as_none(work: Work, keep: int) -> None:
    work.keep_arrays("a.npz", {"rows": np.eye(8)})
    path = work.folder / "a.npz"
    path.write_bytes(path.read_bytes()[:keep])

    assert work.read_arrays("a.npz") is None


def test_a_file_that_was_not_finished_is_not_listed(work: Work) -> None:
    work.keep("features/a.npz", b"whole")
    (work.folder / "features" / "b.npz.partial").write_bytes(b"half")

    assert list(work.names("features")) == ["features/a.npz"]
    assert list(work.names("nothing")) == []


def test_a_key_differs_wherever_a_part_does() -> None:
    parts = [(b"a", "b"), (b"ab", ""), (b"", "ab"), ("a", "b"), (b"a", ["b"]), (b"a", "b", None)]

    assert len({key(*each) for each in parts}) == len(parts)
    assert key(b"a", {"x": 1, "y": 2}) == key(b"a", {"y": 2, "x": 1})
