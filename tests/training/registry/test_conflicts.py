"""Two at once, and storage that fails: the pointer is the old one or the new one, and we say so."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Barrier

import pytest

from inference import layout
from inference.errors import (
    SourceUnavailable,
    StoreConflict,
)
from inference.stores import Store
from inference.stores.directory import DirectoryStore
from tests.training.registry.spoiled import WRITES, SpoiledStore, unavailable
from tests.training.registry.steps import (
    NAME,
    hand,
    pointer_bytes,
    publish,
    release_at,
)
from training.registry.changes import Change, promote, rollback
from training.registry.releases import publish_release, verified_release
from training.registry.stages import move_stage, read_stage


def test_of_two_promotions_at_once_one_wins_and_the_other_is_told_by_whom(
    store: Store, old_bundle: Path, new_bundle: Path, third_bundle: Path
) -> None:
    publish(store, old_bundle, "prod")
    releases = {
        "bert@lab": publish(store, new_bundle, "dev"),
        "carl@lab": publish(store, third_bundle, "staging"),
    }
    together = Barrier(2, timeout=60)

    class Waiting(SpoiledStore):
        """Writes when both have read the pointer and proved their release."""

        def replace(self, key: str, data: bytes, etag: str) -> str:
            together.wait()
            return self.inner.replace(key, data, etag)

    def attempt(by: str) -> str | StoreConflict:
        try:
            change = promote(Waiting(store, at=0), NAME, releases[by], "prod", hand(by))
        except StoreConflict as exc:
            return exc
        return change.new

    with ThreadPoolExecutor(2) as pool:
        outcomes = dict(zip(releases, pool.map(attempt, releases), strict=True))

    (winner,) = [by for by, outcome in outcomes.items() if isinstance(outcome, str)]
    (told,) = [outcome for outcome in outcomes.values() if isinstance(outcome, StoreConflict)]
    assert release_at(store, "prod") == releases[winner] == outcomes[winner]
    pointer = read_stage(store, NAME, "prod").pointer
    assert pointer is not None
    assert [move.by for move in pointer.moves] == [winner, "anna@lab"]
    when = f"{pointer.since:%H:%M}"
    assert (
        f"/{NAME}@prod was moved to {releases[winner][:12]} by {winner} at {when} UTC while you "
        "were at it; nothing was changed"
    ) in str(told)


def test_of_two_first_moves_at_once_one_wins(
    store: Store, old_bundle: Path, new_bundle: Path
) -> None:
    releases = [publish_release(store, each, NAME) for each in (old_bundle, new_bundle)]
    together = Barrier(2, timeout=60)

    class Waiting(SpoiledStore):
        def create(self, key: str, data: bytes) -> str:
            together.wait()
            return self.inner.create(key, data)

    def attempt(release: str) -> bool:
        try:
            promote(Waiting(store, at=0), NAME, release, "prod", hand())
        except StoreConflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(attempt, releases))

    assert sorted(won) == [False, True]
    assert release_at(store, "prod") == releases[won.index(True)]


def test_a_stage_that_is_removed_meanwhile_is_told(old_bundle: Path, tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "registry")
    publish(store, old_bundle, "prod")
    path = tmp_path / "registry" / layout.pointer(NAME, "prod")

    class Removing(SpoiledStore):
        def replace(self, key: str, data: bytes, etag: str) -> str:
            path.unlink()
            return self.inner.replace(key, data, etag)

    digest = release_at(store, "prod")
    assert digest is not None
    publish(store, old_bundle, "dev")
    seen = read_stage(Removing(store, at=0), NAME, "prod")
    with pytest.raises(StoreConflict, match="was removed while you were at it"):
        move_stage(
            seen,
            verified_release(store, NAME, digest),
            action="promote",
            at=hand().at,
            by="anna@lab",
        )


@dataclass(frozen=True)
class Act:
    """Something that moves a stage, whose name may hold the number of the attempt."""

    stage: str
    do: Callable[[Store, str], Change]


ACTS = {
    "promote": Act("prod", lambda store, stage: promote(store, NAME, "dev", stage, hand())),
    "promote to a new stage": Act(
        "stage-{}", lambda store, stage: promote(store, NAME, "dev", stage, hand())
    ),
    "rollback": Act("dev", lambda store, stage: rollback(store, NAME, stage, hand())),
}


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("late", [False, True], ids=["before the work", "after the work"])
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_storage_that_fails_at_any_step_leaves_the_old_pointer_or_the_new_one(
    store: Store, old_bundle: Path, new_bundle: Path, act: Act, late: bool, lasting: bool
) -> None:
    publish(store, old_bundle)
    promote(store, NAME, "dev", "prod", hand())
    publish(store, new_bundle)
    for step in count(1):
        stage = act.stage.format(step)
        old = pointer_bytes(store, stage)
        spoiled = SpoiledStore(store, step, unavailable, late=late, lasting=lasting)
        failure, change = attempt(lambda: act.do(spoiled, stage))  # noqa: B023 - called at once
        now = pointer_bytes(store, stage)
        if failure is None:
            assert change is not None
            assert change.moved is not None
            assert now == change.moved.serialise()
            if not spoiled.was_hit:
                break
        else:
            # It moved after all only where we say that we do not know.
            assert now == old or "it is not known whether" in str(failure)
        put_back(store, stage, old)
    assert step > 8


def attempt(do: Callable[[], Change]) -> tuple[SourceUnavailable | None, Change | None]:
    """How it ended: in a failure of the storage, or in a change."""
    try:
        return None, do()
    except SourceUnavailable as exc:
        return exc, None


def put_back(store: Store, stage: str, old: bytes | None) -> None:
    """Undo a move, if one was made; a stage that was new cannot be undone."""
    blob = store.read(layout.pointer(NAME, stage))
    if blob is not None and old is not None and blob.data != old:
        store.replace(layout.pointer(NAME, stage), old, blob.etag)


@pytest.mark.parametrize("stage", ["prod", "staging"], ids=["replaced", "created"])
def test_a_move_whose_reply_is_lost_is_known_to_have_been_made(
    store: Store, old_bundle: Path, new_bundle: Path, stage: str
) -> None:
    publish(store, old_bundle, "prod")
    new = publish(store, new_bundle)
    lost = SpoiledStore(store, 1, unavailable, late=True, counted=WRITES)

    change = promote(lost, NAME, "dev", stage, hand())

    assert lost.was_hit
    assert release_at(store, stage) == new == change.new


def test_a_move_that_s3_made_twice_is_not_taken_for_somebody_elses(
    store: Store, old_bundle: Path, new_bundle: Path
) -> None:
    """S3's client asks again when a reply is lost; the second time its own write is in the way."""
    publish(store, old_bundle, "prod")
    new = publish(store, new_bundle)

    class Twice(SpoiledStore):
        def replace(self, key: str, data: bytes, etag: str) -> str:
            self.inner.replace(key, data, etag)
            return self.inner.replace(key, data, etag)

    change = promote(Twice(store, at=0), NAME, "dev", "prod", hand())

    assert change.new == new == release_at(store, "prod")
