"""Many publishers at once: each is told what became of the files, and none a conflict."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from inference.errors import SourceUnavailable, StoreConflict
from inference.stores import Store
from tests.training.publishing.colours import LABELS, colour_picture
from tests.training.publishing.dropping import (
    LABELS_TXT,
    NAME,
    RECIPE_JSON,
    Counted,
    drop,
    incoming,
    release_of,
)
from training import contention
from training.contention import ROUNDS, persist
from training.status import State, read_status

PUBLISHERS = 24
PATIENCE = timedelta(minutes=1)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rounds without the pauses between them."""
    monkeypatch.setattr(contention, "_LONGEST_PAUSE", 0.0)


@pytest.mark.tensorflow
def test_many_publishers_at_once_are_told_no_conflict_and_the_last_set_is_published(
    registry: Store, flatbuffer: bytes
) -> None:
    """As a function that is called once for each file of a set that is copied in parallel."""
    files = {"model.tflite": flatbuffer, "labels.txt": LABELS_TXT, "recipe.json": RECIPE_JSON}
    for number in range(PUBLISHERS - len(files)):
        label = LABELS[number % len(LABELS)]
        files[f"pictures/{label}/{number}.png"] = colour_picture(label, 0.6, number)
    together = Barrier(len(files))

    def publisher(name: str) -> State:
        together.wait()
        drop(registry, name, files[name])
        status = incoming(registry, Counted(), worker=f"publisher of {name}").attend()
        assert status is not None
        return status.state

    begun = time.monotonic()
    with ThreadPoolExecutor(len(files)) as pool:
        said = list(pool.map(publisher, files))
    took = time.monotonic() - begun

    assert set(said) <= {"waiting", "converting", "published"}
    status, _ = read_status(registry, NAME)
    assert status is not None
    assert status.state == "published"
    assert set(status.files) == set(files)
    assert status.release == release_of(registry)
    assert took < 60


def losing(times: int) -> Iterator[str]:
    """Work that somebody else undoes so many times."""
    for number in range(times):
        yield f"lost {number}"
    while True:
        yield ""


def attempt(course: Iterator[str]) -> str:
    if reason := next(course):
        raise StoreConflict(reason)
    return "done"


@pytest.mark.usefixtures("quick")
def test_whoever_loses_all_rounds_but_the_last_is_told_nothing_of_it() -> None:
    course = losing(ROUNDS - 1)
    assert persist(lambda: attempt(course), "colours", PATIENCE) == "done"


@pytest.mark.usefixtures("quick")
def test_whoever_loses_every_round_is_told_who_it_was_the_last_time() -> None:
    course = losing(ROUNDS)
    with pytest.raises(StoreConflict, match=f"colours was written .* lost {ROUNDS - 1}; try again"):
        persist(lambda: attempt(course), "colours", PATIENCE)


def test_no_round_begins_after_the_patience_is_over() -> None:
    course = losing(1)
    with pytest.raises(StoreConflict, match="lost 0"):
        persist(lambda: attempt(course), "colours", timedelta())


def test_what_is_no_conflict_is_not_tried_again() -> None:
    tried = []

    def work() -> None:
        tried.append(1)
        raise SourceUnavailable("the storage does not answer")

    with pytest.raises(SourceUnavailable):
        persist(work, "colours", PATIENCE)
    assert len(tried) == 1
