"""A folder as a store: nothing outside it is touched, and nothing is half there."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from inference.errors import SourceUnavailable
from inference.stores.directory import DirectoryStore
from tests.program import PROJECT
from tests.servers.process import environment


@pytest.mark.parametrize(
    "key", ["../x", "a/../../x", "/etc/passwd", "", ".", "a/\0", "..", "a/.microlens-lock"]
)
@pytest.mark.parametrize("what", ["read", "create", "replace"])
def test_a_key_outside_the_folder_is_refused(what: str, key: str, tmp_path: Path) -> None:
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


def test_a_folder_is_no_content(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.create("a/b", b"1")

    assert store.read("a") is None
    assert store.read("a/b/c") is None


@pytest.mark.parametrize("key", ["a/b", "x" * 300], ids=["below-a-file", "name-too-long"])
def test_what_the_file_system_refuses_is_unavailable_storage(key: str, tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.create("a", b"1")

    with pytest.raises(SourceUnavailable, match="cannot be written"):
        store.create(key, b"1")


def test_its_files_are_as_readable_as_any_that_the_user_writes(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"1")

    DirectoryStore(tmp_path).create("stored", b"1")

    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "stored")}
    assert len(modes) == 1


def test_a_writer_that_is_killed_leaves_no_half_file_and_no_lock(tmp_path: Path) -> None:
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
            cwd=PROJECT,
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


def test_a_write_that_fails_leaves_nothing_beside_the_file(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(SourceUnavailable, match="File too large"):
            store.create("x", b"1")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert [path.name for path in tmp_path.iterdir()] == [".microlens-lock"]


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
