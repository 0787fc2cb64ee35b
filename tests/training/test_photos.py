"""Photos say their class in their name, and their digest covers names and contents."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.errors import ModelError
from training.photos import Photo, digest, read_photos


def test_photos_come_sorted_with_the_index_that_their_name_begins_with(tmp_path: Path) -> None:
    for name in ("980_volcano.png", "000_n01440764_tench.JPEG", "notes.txt", "cat.jpg"):
        (tmp_path / name).write_bytes(name.encode())
    assert [(photo.name, photo.index) for photo in read_photos(tmp_path, 1000)] == [
        ("000_n01440764_tench.JPEG", 0),
        ("980_volcano.png", 980),
    ]


def test_an_index_beyond_the_classes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1000_nothing.jpg").write_bytes(b"")
    with pytest.raises(ModelError, match="is of class 1000; the last is 999"):
        read_photos(tmp_path, 1000)


def test_a_folder_without_photos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no photo"):
        read_photos(tmp_path, 1000)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is no folder of photos"):
        read_photos(tmp_path / "gone", 1000)


A, B = Photo("0_a.jpg", b"a", 0), Photo("1_b.jpg", b"b", 1)


def test_the_digest_does_not_depend_on_the_order() -> None:
    assert digest([A, B]) == digest([B, A])


@pytest.mark.parametrize(
    "others",
    [[A], [A, Photo("1_b.jpg", b"c", 1)], [A, Photo("2_b.jpg", b"b", 2)]],
    ids=["one less", "another content", "another name"],
)
def test_the_digest_changes_with_any_photo(others: list[Photo]) -> None:
    assert digest(others) != digest([A, B])
