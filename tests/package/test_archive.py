"""The zip: its size, its order, and that it is the same each time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scripts.package.archive import (
    MAX_UNZIPPED_BYTES,
    MAX_ZIPPED_BYTES,
    Part,
    TooLarge,
    check,
    table,
    write_zip,
)


def filled(folder: Path, names: list[str]) -> Path:
    """A folder with files of these names, made in this order."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name * 100)
    return folder


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    names = ["b/x.py", "a.py", "b/a/y.py", "b.py"]
    here = filled(tmp_path / "here", names)
    there = filled(tmp_path / "there", names[::-1])
    os.utime(there / "a.py", (10**9, 10**9))
    (there / "a.py").chmod(0o755)

    write_zip(here, tmp_path / "1.zip")
    write_zip(there, tmp_path / "2.zip")

    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()


def test_a_package_one_byte_above_the_limit_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    folder = filled(tmp_path / "folder", ["a.py"])
    with (folder / "large.so").open("wb") as file:
        file.truncate(MAX_UNZIPPED_BYTES + 1 - (folder / "a.py").stat().st_size)

    with pytest.raises(TooLarge, match=r"262,144,001 bytes unzipped.*262,144,000.*large\.so"):
        write_zip(folder, tmp_path / "x.zip")

    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    ("unzipped", "zipped", "is_refused"),
    [
        (MAX_UNZIPPED_BYTES, MAX_ZIPPED_BYTES, False),
        (MAX_UNZIPPED_BYTES + 1, 0, True),
        (1000, MAX_ZIPPED_BYTES + 1, True),
    ],
)
def test_the_limits_are_those_of_lambda(unzipped: int, zipped: int, is_refused: bool) -> None:
    parts = [Part("numpy", unzipped - 1), Part("api", 1)]
    if not is_refused:
        check(parts, zipped)
        return
    with pytest.raises(TooLarge, match="numpy"):
        check(parts, zipped)


def test_the_table_sums_up_what_it_does_not_list() -> None:
    parts = [Part("numpy", 3_000, 300), Part("PIL", 200, 20), Part("api", 1, 1)]

    lines = [line.split() for line in table(parts, rows=1).splitlines()]

    assert lines == [
        ["part", "bytes", "zipped"],
        ["numpy", "3,000", "300"],
        ["2", "more", "201", "21"],
        ["together", "3,201", "321"],
    ]
