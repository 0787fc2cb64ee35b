"""The photographs that tests ask for are the files that they are called."""

from __future__ import annotations

from pathlib import Path


def test_every_photograph_is_the_file_that_its_name_says(
    chelsea: Path, coffee: Path, flower: Path, china: Path
) -> None:
    assert [each.name for each in (chelsea, coffee)] == ["chelsea.png", "coffee.png"]
    assert all(each.read_bytes().startswith(b"\x89PNG") for each in (chelsea, coffee))
    assert [each.name for each in (flower, china)] == ["flower.jpg", "china.jpg"]
    assert all(each.read_bytes().startswith(b"\xff\xd8\xff") for each in (flower, china))
