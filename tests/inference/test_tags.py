"""Tags: what only a folder, or only a bucket with versions, promises of them."""

from __future__ import annotations

import hashlib
import os
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inference.stores import open_store
from inference.stores.directory import DirectoryStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.mark.usefixtures("on_seaweed")
def test_in_a_versioned_bucket_a_tag_means_its_version_for_good(
    s3: S3Client, versioned_bucket: str
) -> None:
    store = open_store(f"s3://{versioned_bucket}")
    etag = store.create("x", b"old")
    tag = store.tag("x")
    assert tag is not None
    assert tag.version_id is not None

    store.replace("x", b"new", etag)
    assert store.read_tagged("x", tag) == b"old"
    s3.delete_object(Bucket=versioned_bucket, Key="x")
    assert store.read_tagged("x", tag) == b"old"
    assert store.tag("x") is None


@pytest.mark.usefixtures("on_seaweed")
def test_the_same_content_written_again_in_a_versioned_bucket_has_another_tag(
    s3: S3Client, versioned_bucket: str
) -> None:
    store = open_store(f"s3://{versioned_bucket}")
    store.create("x", b"same")
    before = store.tag("x")

    s3.put_object(Bucket=versioned_bucket, Key="x", Body=b"same")

    after = store.tag("x")
    assert before is not None
    assert after is not None
    assert after.etag == before.etag
    assert after != before


def test_a_file_that_changes_within_one_tick_of_the_clock_has_another_tag(tmp_path: Path) -> None:
    """Same length, same times, same place: only the content tells, while it is that fresh."""
    store = DirectoryStore(tmp_path)
    path = tmp_path / "x"
    path.write_bytes(b"old")
    before = store.tag("x")
    times = path.stat()

    with path.open("r+b") as file:
        file.write(b"new")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    after = store.tag("x")
    assert before is not None
    assert after is not None
    assert after.modified == before.modified
    assert after.etag != before.etag


def test_a_file_that_has_come_to_rest_is_not_read_again_for_its_tag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DirectoryStore(tmp_path)
    (tmp_path / "x").write_bytes(b"1")
    hashed: list[str] = []
    digest = hashlib.file_digest

    def counted(file: BufferedReader, name: str) -> object:
        hashed.append(name)
        return digest(file, name)

    monkeypatch.setattr("hashlib.file_digest", counted)
    now = (tmp_path / "x").stat().st_mtime_ns
    monkeypatch.setattr("time.time_ns", lambda: now + 60_000_000_000)

    assert store.tag("x") == store.tag("x") == store.tag("x")
    assert len(hashed) == 1

    (tmp_path / "x").write_bytes(b"2")
    store.tag("x")
    assert len(hashed) == 2
