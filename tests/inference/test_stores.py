"""Stores: a folder and a bucket keep the same promises."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from inference.errors import SettingsError, SourceUnavailable, StoreConflict
from inference.stores import UNCHANGED, Blob, Store, open_store
from inference.stores.directory import DirectoryStore
from inference.stores.s3 import S3Store
from tests.servers.process import environment
from tests.servers.seaweed import Seaweed

ROOT = Path(__file__).parents[2]
BINARY = bytes(range(256)) * 5_000


@pytest.fixture(params=["directory", "s3", "s3-prefix"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store of each kind."""
    if request.param == "directory":
        return open_store(str(tmp_path / "store"))
    request.getfixturevalue("on_seaweed")
    bucket = request.getfixturevalue("bucket")
    return open_store(f"s3://{bucket}" + ("/some/prefix/" if request.param == "s3-prefix" else ""))


class TestEveryStore:
    def test_where_nothing_lies_nothing_is_read(self, store: Store) -> None:
        assert store.read("nothing.json") is None
        assert store.read("a/b/nothing.json") is None
        assert list(store.list("")) == []

    @pytest.mark.parametrize("data", [b"", b"text", BINARY], ids=["empty", "text", "binary"])
    def test_what_was_created_is_read_with_its_tag(self, store: Store, data: bytes) -> None:
        etag = store.create("a/b.bin", data)

        blob = store.read("a/b.bin")

        assert blob is not None
        assert (blob.data, blob.etag) == (data, etag)

    @pytest.mark.parametrize(
        "key", ["x", "a/b/c/d.json", "a b+c&d=e.json", "ä/猫.jpg.json", ".dot", "a/.lock"]
    )
    def test_a_key_may_be_any_path(self, store: Store, key: str) -> None:
        store.create(key, b"1")

        blob = store.read(key)

        assert blob is not None
        assert blob.data == b"1"
        assert list(store.list("")) == [key]

    def test_a_conditional_read_tells_unchanged_changed_and_missing_apart(
        self, store: Store
    ) -> None:
        first = store.create("a/pointer.json", b"1")

        assert store.read_changed("a/pointer.json", first) is UNCHANGED
        assert store.read_changed("a/pointer.json", None) == Blob(b"1", first)
        second = store.replace("a/pointer.json", b"2", first)
        assert store.read_changed("a/pointer.json", first) == Blob(b"2", second)
        assert store.read_changed("a/nothing.json", first) is None

    def test_a_tag_tells_what_lies_there_without_its_content(self, store: Store) -> None:
        assert store.tag("a/weights.h5") is None
        etag = store.create("a/weights.h5", BINARY)

        tag = store.tag("a/weights.h5")

        assert tag is not None
        assert (tag.etag, tag.bytes) == (etag, len(BINARY))
        assert tag == store.tag("a/weights.h5")
        store.replace("a/weights.h5", BINARY[::-1], etag)
        assert store.tag("a/weights.h5") != tag
        assert store.tag("a") is None

    def test_what_a_tag_means_is_read_or_it_conflicts(self, store: Store) -> None:
        etag = store.create("x", b"old")
        tag = store.tag("x")
        assert tag is not None
        assert store.read_tagged("x", tag) == b"old"

        store.replace("x", b"new", etag)

        with pytest.raises(StoreConflict):
            store.read_tagged("x", tag)
        with pytest.raises(StoreConflict):
            store.read_tagged("nothing", tag)

    def test_creating_twice_conflicts_and_changes_nothing(self, store: Store) -> None:
        store.create("x", b"1")

        with pytest.raises(StoreConflict):
            store.create("x", b"2")

        blob = store.read("x")
        assert blob is not None
        assert blob.data == b"1"

    def test_replacing_gives_a_new_tag_that_replaces_again(self, store: Store) -> None:
        first = store.create("x", b"1")
        second = store.replace("x", b"2", first)
        third = store.replace("x", b"3", second)

        blob = store.read("x")

        assert blob is not None
        assert (blob.data, blob.etag) == (b"3", third)
        assert len({first, second, third}) == 3

    def test_replacing_what_somebody_else_replaced_conflicts(self, store: Store) -> None:
        first = store.create("x", b"1")
        store.replace("x", b"2", first)

        with pytest.raises(StoreConflict, match="changed by somebody else"):
            store.replace("x", b"3", first)

        blob = store.read("x")
        assert blob is not None
        assert blob.data == b"2"

    def test_replacing_what_is_not_there_conflicts(self, store: Store) -> None:
        with pytest.raises(StoreConflict):
            store.replace("x", b"1", "0" * 32)

        assert store.read("x") is None

    def test_keys_are_listed_sorted_below_a_prefix_that_may_end_anywhere(
        self, store: Store
    ) -> None:
        for key in ("b/2", "b/10", "a", "b/1/x", "c", "bb", "ä"):
            store.create(key, b"1")

        assert list(store.list("")) == ["a", "b/1/x", "b/10", "b/2", "bb", "c", "ä"]
        assert list(store.list("b/")) == ["b/1/x", "b/10", "b/2"]
        assert list(store.list("b/1")) == ["b/1/x", "b/10"]
        assert list(store.list("d")) == []

    @pytest.mark.parametrize("what", ["create", "replace"])
    def test_of_eight_that_write_at_once_exactly_one_wins(self, store: Store, what: str) -> None:
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

    def test_its_url_opens_it_again(self, store: Store) -> None:
        store.create("x", b"1")

        again = open_store(store.url)

        blob = again.read("x")
        assert blob is not None
        assert blob.data == b"1"
        assert again.url == store.url


class TestDirectory:
    @pytest.mark.parametrize(
        "key", ["../x", "a/../../x", "/etc/passwd", "", ".", "a/\0", "..", "a/.microlens-lock"]
    )
    @pytest.mark.parametrize("what", ["read", "create", "replace"])
    def test_a_key_outside_the_folder_is_refused(self, what: str, key: str, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(b"not yours")
        store = DirectoryStore(tmp_path / "store")
        actions: dict[str, Callable[[], object]] = {
            "read": lambda: store.read(key),
            "create": lambda: store.create(key, b"1"),
            "replace": lambda: store.replace(key, b"1", ""),
        }

        with pytest.raises(SourceUnavailable, match="no key inside the folder"):
            actions[what]()

        assert (tmp_path / "x").read_bytes() == b"not yours"

    def test_a_folder_is_no_content(self, tmp_path: Path) -> None:
        store = DirectoryStore(tmp_path)
        store.create("a/b", b"1")

        assert store.read("a") is None
        assert store.read("a/b/c") is None

    @pytest.mark.parametrize("key", ["a/b", "x" * 300], ids=["below-a-file", "name-too-long"])
    def test_what_the_file_system_refuses_is_unavailable_storage(
        self, key: str, tmp_path: Path
    ) -> None:
        store = DirectoryStore(tmp_path)
        store.create("a", b"1")

        with pytest.raises(SourceUnavailable, match="cannot be written"):
            store.create(key, b"1")

    def test_its_files_are_as_readable_as_any_that_the_user_writes(self, tmp_path: Path) -> None:
        (tmp_path / "plain").write_bytes(b"1")

        DirectoryStore(tmp_path).create("stored", b"1")

        modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "stored")}
        assert len(modes) == 1

    def test_a_writer_that_is_killed_leaves_no_half_file_and_no_lock(self, tmp_path: Path) -> None:
        store = DirectoryStore(tmp_path)
        etag = store.create("x", b"whole")
        # Killed by its own hand between writing and renaming, the worst moment there is.
        program = (
            "import os, signal, sys; from pathlib import Path;"
            "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL);"
            "from inference.stores.directory import DirectoryStore;"
            "store = DirectoryStore(Path(sys.argv[1]));"
            "store.replace(sys.argv[2], b'half', sys.argv[3]) if sys.argv[3] else "
            "store.create(sys.argv[2], b'half')"
        )
        for key, tag in (("x", etag), ("new", "")):
            done = subprocess.run(
                [sys.executable, "-c", program, str(tmp_path), key, tag],
                cwd=ROOT,
                env=environment(),
                check=False,
            )
            assert done.returncode == -signal.SIGKILL

        assert list(store.list("")) == ["x"]
        blob = store.read("x")
        assert blob is not None
        assert blob.data == b"whole"
        assert store.read("new") is None
        store.replace("x", b"next", etag)
        store.create("new", b"next")
        assert list(store.list("")) == ["new", "x"]

    def test_a_write_that_fails_leaves_nothing_beside_the_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = DirectoryStore(tmp_path)

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(SourceUnavailable, match="No space left on device"):
            store.create("x", b"1")

        assert [path.name for path in tmp_path.iterdir()] == [".microlens-lock"]


class TestS3:
    @pytest.mark.parametrize(
        "url", ["s3://", "s3:///x", "s3://UPPER/x", "s3://10.0.0.1/x", "s3://a b/x"]
    )
    def test_a_text_that_names_no_bucket_is_a_mistake_in_the_settings(self, url: str) -> None:
        with pytest.raises(SettingsError, match=r"a store is s3://BUCKET/PREFIX"):
            open_store(url)

    @pytest.mark.usefixtures("on_seaweed")
    def test_a_bucket_that_does_not_exist_is_unavailable_storage_and_not_an_empty_store(
        self,
    ) -> None:
        store = S3Store("no-such-bucket", "x")

        with pytest.raises(SourceUnavailable, match="no-such-bucket"):
            store.read("model.json")
        with pytest.raises(SourceUnavailable, match="no-such-bucket"):
            list(store.list(""))

    @pytest.mark.usefixtures("on_seaweed")
    @pytest.mark.parametrize("wrong", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
    def test_wrong_keys_are_unavailable_storage_and_stay_out_of_the_message(
        self, wrong: str, bucket: str, seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(wrong, "a-wrong-one")
        store = S3Store(bucket, "")
        attempts: list[Callable[[], object]] = [
            lambda: store.read("x"),
            lambda: store.create("x", b"1"),
            lambda: store.replace("x", b"1", "0"),
            lambda: list(store.list("")),
        ]

        for attempt in attempts:
            with pytest.raises(SourceUnavailable) as error:
                attempt()
            for secret in ("a-wrong-one", seaweed.access_key, seaweed.secret_key, "Signature="):
                assert secret not in str(error.value)

    @pytest.mark.usefixtures("on_seaweed")
    def test_json_is_written_as_json(self, bucket: str, seaweed: Seaweed) -> None:
        S3Store(bucket, "").create("x.json", b"{}")

        client = seaweed.client()
        assert client.head_object(Bucket=bucket, Key="x.json")["ContentType"] == "application/json"
        client.close()

    @pytest.mark.usefixtures("on_seaweed")
    def test_keys_come_from_every_page_of_the_listing(self, bucket: str, seaweed: Seaweed) -> None:
        client = seaweed.client()
        with ThreadPoolExecutor(8) as threads:
            list(
                threads.map(
                    lambda number: client.put_object(Bucket=bucket, Key=f"p/{number:04}", Body=b""),
                    range(1_001),
                )
            )
        client.close()

        assert len(list(S3Store(bucket, "p").list(""))) == 1_001


def test_a_listing_looks_into_no_folder_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DirectoryStore(tmp_path)
    for key in ("pets/releases/1/model.json", "photos/2026/cat.png", "petshop/model.json"):
        store.create(key, b"x")
    looked: list[str] = []
    scandir = os.scandir

    def noting(path: str) -> os._ScandirIterator[str]:
        looked.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", noting)

    assert list(store.list("pets/")) == ["pets/releases/1/model.json"]

    assert looked
    assert all(Path(each).is_relative_to(tmp_path / "pets") for each in looked)


def test_a_folder_that_goes_while_it_is_listed_spoils_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DirectoryStore(tmp_path)
    for key in ("a/model.json", "b/model.json"):
        store.create(key, b"x")
    scandir = os.scandir

    def removing(path: str) -> os._ScandirIterator[str]:
        if path == str(tmp_path / "a"):
            (tmp_path / "a/model.json").unlink(missing_ok=True)
            (tmp_path / "a/.microlens-lock").unlink(missing_ok=True)
            (tmp_path / "a").rmdir()
        return scandir(path)

    monkeypatch.setattr(os, "scandir", removing)

    assert list(store.list("")) == ["b/model.json"]


@pytest.mark.parametrize("prefix", ["../", "pets/../", "/", "/etc/", "link/", "a\0b/"])
def test_a_listing_never_leaves_the_folder(tmp_path: Path, prefix: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"x")
    root = tmp_path / "root"
    (root / "pets").mkdir(parents=True)
    (root / "link").symlink_to(outside)

    assert list(DirectoryStore(root).list(prefix)) == []
