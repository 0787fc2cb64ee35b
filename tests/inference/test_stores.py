"""Stores: a folder and a bucket keep the same promises."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from inference.errors import SourceUnavailable, StoreConflict
from inference.stores import UNCHANGED, Blob, Store, open_store

BINARY = bytes(range(256)) * 5_000


@pytest.fixture(params=["directory", "s3", "s3-prefix"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store of each kind."""
    if request.param == "directory":
        return open_store(str(tmp_path / "store"))
    request.getfixturevalue("on_seaweed")
    bucket = request.getfixturevalue("bucket")
    return open_store(f"s3://{bucket}" + ("/some/prefix/" if request.param == "s3-prefix" else ""))


def test_where_nothing_lies_nothing_is_read(store: Store) -> None:
    assert store.read("nothing.json") is None
    assert store.read("a/b/nothing.json") is None
    assert list(store.list("")) == []


@pytest.mark.parametrize("data", [b"", b"text", BINARY], ids=["empty", "text", "binary"])
def test_what_was_created_is_read_with_its_tag(store: Store, data: bytes) -> None:
    etag = store.create("a/b.bin", data)

    blob = store.read("a/b.bin")

    assert blob is not None
    assert (blob.data, blob.etag) == (data, etag)


@pytest.mark.parametrize(
    "key", ["x", "a/b/c/d.json", "a b+c&d=e.json", "ä/猫.jpg.json", ".dot", "a/.lock"]
)
def test_a_key_may_be_any_path(store: Store, key: str) -> None:
    store.create(key, b"1")

    blob = store.read(key)

    assert blob is not None
    assert blob.data == b"1"
    assert list(store.list("")) == [key]


def test_a_conditional_read_tells_unchanged_changed_and_missing_apart(store: Store) -> None:
    first = store.create("a/pointer.json", b"1")

    assert store.read_changed("a/pointer.json", first) is UNCHANGED
    assert store.read_changed("a/pointer.json", None) == Blob(b"1", first)
    second = store.replace("a/pointer.json", b"2", first)
    assert store.read_changed("a/pointer.json", first) == Blob(b"2", second)
    assert store.read_changed("a/nothing.json", first) is None


def test_a_tag_tells_what_lies_there_without_its_content(store: Store) -> None:
    assert store.tag("a/weights.h5") is None
    etag = store.create("a/weights.h5", BINARY)

    tag = store.tag("a/weights.h5")

    assert tag is not None
    assert (tag.etag, tag.bytes) == (etag, len(BINARY))
    assert tag == store.tag("a/weights.h5")
    store.replace("a/weights.h5", BINARY[::-1], etag)
    assert store.tag("a/weights.h5") != tag
    assert store.tag("a") is None


def test_what_a_tag_means_is_read_or_it_conflicts(store: Store) -> None:
    etag = store.create("x", b"old")
    tag = store.tag("x")
    assert tag is not None
    assert store.read_tagged("x", tag) == b"old"

    store.replace("x", b"new", etag)

    with pytest.raises(StoreConflict):
        store.read_tagged("x", tag)
    with pytest.raises(StoreConflict):
        store.read_tagged("nothing", tag)


def test_creating_twice_conflicts_and_changes_nothing(store: Store) -> None:
    store.create("x", b"1")

    with pytest.raises(StoreConflict):
        store.create("x", b"2")

    blob = store.read("x")
    assert blob is not None
    assert blob.data == b"1"


def test_replacing_gives_a_new_tag_that_replaces_again(store: Store) -> None:
    first = store.create("x", b"1")
    second = store.replace("x", b"2", first)
    third = store.replace("x", b"3", second)

    blob = store.read("x")

    assert blob is not None
    assert (blob.data, blob.etag) == (b"3", third)
    assert len({first, second, third}) == 3


def test_replacing_what_somebody_else_replaced_conflicts(store: Store) -> None:
    first = store.create("x", b"1")
    store.replace("x", b"2", first)

    with pytest.raises(StoreConflict, match="changed by somebody else"):
        store.replace("x", b"3", first)

    blob = store.read("x")
    assert blob is not None
    assert blob.data == b"2"


def test_half_of_a_character_is_no_key(store: Store) -> None:
    attempts: list[Callable[[str], object]] = [
        store.read,
        store.tag,
        lambda key: store.read_changed(key, None),
        lambda key: store.create(key, b"1"),
        lambda key: store.replace(key, b"1", "0" * 32),
    ]
    for attempt in attempts:
        with pytest.raises(SourceUnavailable):
            attempt("a/\ud800.json")


def test_replacing_what_is_not_there_conflicts(store: Store) -> None:
    with pytest.raises(StoreConflict):
        store.replace("x", b"1", "0" * 32)

    assert store.read("x") is None


def test_keys_are_listed_sorted_below_a_prefix_that_may_end_anywhere(store: Store) -> None:
    for key in ("b/2", "b/10", "a", "b/1/x", "c", "bb", "ä"):
        store.create(key, b"1")

    assert list(store.list("")) == ["a", "b/1/x", "b/10", "b/2", "bb", "c", "ä"]
    assert list(store.list("b/")) == ["b/1/x", "b/10", "b/2"]
    assert list(store.list("b/1")) == ["b/1/x", "b/10"]
    assert list(store.list("d")) == []


@pytest.mark.parametrize("what", ["create", "replace"])
def test_of_eight_that_write_at_once_exactly_one_wins(store: Store, what: str) -> None:
    etag = store.create("x", b"before") if what == "replace" else ""
    start = Barrier(8)

    def write(number: int) -> int | None:
        data = f"writer {number}".encode()
        start.wait()
        try:
            if what == "replace":
                store.replace("x", data, etag)
            else:
                store.create("x", data)
        except StoreConflict:
            return None
        return number

    with ThreadPoolExecutor(8) as threads:
        winners = [each for each in threads.map(write, range(8)) if each is not None]

    blob = store.read("x")
    assert blob is not None
    assert [blob.data] == [f"writer {winner}".encode() for winner in winners]


def test_its_url_opens_it_again(store: Store) -> None:
    store.create("x", b"1")

    again = open_store(store.url)

    blob = again.read("x")
    assert blob is not None
    assert blob.data == b"1"
    assert again.url == store.url
