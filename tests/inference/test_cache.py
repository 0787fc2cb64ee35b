"""The cache: whole files by their digest, shared, bounded, and never a reason to fail."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir

import pytest

from inference.cache import Cache, cache_of
from inference.references import StageReference, parse_reference
from inference.serving import Serving
from inference.stores import open_store
from tests.inference.clocks import Clock
from tests.inference.registered import NAME, STAGE, point, release
from tests.inference.watched import Watched

DATA = b"a file" * 1_000
DIGEST = sha256(DATA).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "cache"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_is_kept_is_read_by_another_cache_of_the_same_folder(folder: Path) -> None:
    Cache(folder).keep(DIGEST, DATA)

    assert Cache(folder).read(DIGEST) == DATA
    assert Cache(folder).read("0" * 64) is None
    assert names(folder) == {DIGEST}
    assert folder.stat().st_mode & 0o077 == 0


def test_a_damaged_file_is_not_read_but_removed(folder: Path) -> None:
    cache = Cache(folder)
    cache.keep(DIGEST, DATA)
    (folder / DIGEST).write_bytes(DATA[:-1])

    assert cache.read(DIGEST) is None
    assert names(folder) == set()


def test_what_is_not_wanted_any_more_goes_and_so_do_leftovers_of_the_dead(folder: Path) -> None:
    cache = Cache(folder)
    cache.keep(DIGEST, DATA)
    cache.keep(sha256(b"old").hexdigest(), b"old")
    (folder / f".{'1' * 64}.abcd").write_bytes(b"half")
    half_of_wanted = f".{DIGEST}.abcd"
    (folder / half_of_wanted).write_bytes(b"another process is at it")

    cache.keep_only({DIGEST})

    assert names(folder) == {DIGEST, half_of_wanted}


def test_many_writers_of_one_file_leave_one_whole_file(folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: Cache(folder).keep(DIGEST, DATA), range(64)))

    assert names(folder) == {DIGEST}
    assert Cache(folder).read(DIGEST) == DATA


def test_a_folder_that_cannot_be_is_logged_and_costs_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"no folder")
    cache = Cache(tmp_path / "file" / "cache")

    cache.keep(DIGEST, DATA)
    cache.keep_only(set())

    assert cache.read(DIGEST) is None
    assert "served from memory alone" in caplog.text


def test_a_disk_that_is_full_leaves_no_half_file(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """`/dev/full` answers every write as a full disk does."""
    cache = Cache(folder)
    folder.mkdir(parents=True)
    real_open = Path.open

    def full(path: Path, mode: str = "r") -> object:
        return real_open(Path("/dev/full"), "wb") if mode == "xb" else real_open(path, mode)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", full)
        cache.keep(DIGEST, DATA * 100)

    assert names(folder) == set()
    assert "No space left on device" in caplog.text


def test_only_releases_in_s3_are_cached_each_reference_apart(tmp_path: Path) -> None:
    def cache(text: str, setting: str | None) -> Cache | None:
        reference = parse_reference(text, setting)
        assert isinstance(reference, StageReference)
        return reference.cache

    assert cache(f"{tmp_path}/cats@prod", str(tmp_path)) is None
    assert cache("s3://some-bucket/cats@prod", "off") is None
    assert cache("s3://some-bucket/cats@prod", None) is not None
    for name in ("cats@prod", "cats@dev"):
        kept = cache_of(f"s3://some-bucket/{name}", str(tmp_path))
        assert kept is not None
        kept.keep(DIGEST, name.encode())
    assert len(names(tmp_path)) == 2


@pytest.mark.usefixtures("on_seaweed")
def test_a_restart_and_a_rollback_read_nothing_but_the_pointer(folder: Path, bucket: str) -> None:
    store = Watched(open_store(f"s3://{bucket}/registry"))
    english, german = release(store), release(store, ("rot", "grün", "blau"))
    clock = Clock()
    reference = StageReference(store, NAME, STAGE, Cache(folder))
    serving = Serving(reference, 30.0, clock, lambda work: work())
    for digest in (english, german):
        point(store, digest)
        clock.now += 30
        serving.current()
    store.heal()

    point(store, english)
    store.heal()
    clock.now += 30
    serving.current()
    assert serving.current().identity.release == english
    assert len(names(folder)) == 2 + 3  # two manifests, one network, two lists of labels
    assert Serving(reference, 30.0).current().identity.release == english

    assert {asked.partition(" ")[0] for asked in store.asked} == {"read_changed"}
    assert len(names(folder)) == 1 + 2  # who starts knows of no release before


def test_the_cache_holds_the_current_and_the_previous_release_and_no_older(
    folder: Path, tmp_path: Path
) -> None:
    store = open_store(str(tmp_path / "registry"))
    clock = Clock()
    reference = StageReference(store, NAME, STAGE, Cache(folder))
    serving = Serving(reference, 30.0, clock, lambda work: work())
    releases = []
    for number in range(5):
        releases.append(release(store, [f"{number}-{each}" for each in range(3)]))
        point(store, releases[-1])
        clock.now += 30
        serving.current()

    assert names(folder) & set(releases) == set(releases[-2:])
    assert len(names(folder)) == 5


def test_in_a_folder_of_another_user_nothing_is_written_and_nothing_removed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir(parents=True)
    (folder / "theirs").write_bytes(b"precious")
    mine = os.geteuid()
    monkeypatch.setattr("os.geteuid", lambda: mine + 1)

    Cache(folder).keep(DIGEST, DATA)
    Cache(folder).keep_only(set())

    assert names(folder) == {"theirs"}


def test_a_link_that_somebody_put_in_the_way_is_not_followed(folder: Path, tmp_path: Path) -> None:
    """Or what it leads to would be tidied up like a cache."""
    (precious := tmp_path / "precious").mkdir()
    (precious / "thesis.tex").write_bytes(b"for years")
    (precious / DIGEST).write_bytes(DATA)
    folder.parent.mkdir(parents=True)
    folder.symlink_to(precious)
    cache = Cache(folder)

    assert cache.read(DIGEST) is None
    cache.keep("0" * 64, b"")
    cache.keep_only(set())

    assert names(precious) == {"thesis.tex", DIGEST}


def test_the_folder_that_nobody_named_lies_in_no_folder_that_others_can_make() -> None:
    """`/tmp` is sticky: what is ours there stays ours, and what is theirs is seen to be."""
    cache = cache_of("s3://some-bucket/cats@prod", None)

    assert cache is not None
    assert cache.folder.parent == Path(gettempdir())
