"""Following a stage: what TensorFlow Serving promises of its versions holds for our releases."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from inference.s3 import clients
from inference.stores import open_store
from tests.inference.drawing import saved
from tests.inference.followed import ENGLISH, GERMAN, REFRESH_SECONDS, served
from tests.inference.registered import POINTER, STAGE, point, release
from tests.inference.tiny import golden_of
from tests.inference.watched import Watched

RED = saved(Image.new("RGB", (6, 4), "red"), "PNG")


@pytest.fixture(params=["directory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Watched:
    """An empty store of each kind."""
    if request.param == "directory":
        return Watched(open_store(str(tmp_path / "registry")))
    request.getfixturevalue("on_seaweed")
    return Watched(open_store(f"s3://{request.getfixturevalue('bucket')}/registry"))


def test_a_pointer_that_moved_is_followed_between_two_requests(store: Watched) -> None:
    followed = served(store)
    german = release(store, GERMAN)
    point(store, german)

    followed.pass_time()

    model = followed.serving.current()
    assert (model.labels, model.identity.release, model.identity.stage) == (GERMAN, german, STAGE)
    assert followed.serving.history.swaps == 2
    assert followed.serving.history.last_swap is not None
    assert followed.serving.history.last_swap.release == german


def test_one_refresh_costs_one_conditional_read_however_many_requests_come(store: Watched) -> None:
    followed = served(store)

    for _ in range(5):
        followed.clock.now += REFRESH_SECONDS / 5
        for _ in range(20):
            followed.serving.current()
        followed.later.run()

    assert store.asked == [f"read_changed {POINTER}"]


def test_nothing_is_ever_listed_nor_written(store: Watched) -> None:
    followed = served(store)
    digest = release(store, GERMAN)
    point(store, digest)
    store.heal()

    followed.pass_time()

    assert followed.labels == GERMAN
    assert {asked.partition(" ")[0] for asked in store.asked} == {"read", "read_changed"}


def test_a_pointer_that_was_written_again_for_the_same_release_loads_nothing(
    store: Watched,
) -> None:
    followed = served(store)
    before = followed.serving.current()
    point(store, before.identity.release)

    followed.pass_time()

    assert followed.serving.current() is before
    assert followed.serving.history.swaps == 1


def test_rolling_back_serves_the_release_before_again(store: Watched) -> None:
    followed = served(store)
    english = followed.serving.current().identity.release
    point(store, release(store, GERMAN))
    followed.pass_time()

    point(store, english)
    followed.pass_time()

    assert followed.labels == ENGLISH
    assert followed.serving.history.swaps == 3


def delete_pointer(store: Watched) -> None:
    """Take the pointer away, which no store of ours can."""
    if store.is_local:
        Path(store.url, POINTER).unlink()
    else:
        bucket, _, prefix = store.url.removeprefix("s3://").partition("/")
        clients.client().delete_object(Bucket=bucket, Key=f"{prefix}/{POINTER}")


def test_a_pointer_that_is_gone_unloads_nothing_and_is_told_once(
    store: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    followed = served(store)
    before = followed.serving.current()
    delete_pointer(store)

    followed.pass_time()
    followed.pass_time()

    assert followed.serving.current() is before
    failure = followed.serving.history.last_failure
    assert failure is not None
    assert "the stage 'prod' of 'colours' points to no release" in str(failure.reason)
    assert followed.serving.history.failed_swaps == 1
    assert caplog.text.count("points to no release") == 1


def test_a_pointer_that_comes_back_is_followed_again(store: Watched) -> None:
    followed = served(store)
    delete_pointer(store)
    followed.pass_time()
    point(store, release(store, GERMAN))

    followed.pass_time()

    assert followed.labels == GERMAN


def test_a_release_that_is_refused_is_not_tried_again_until_the_pointer_changes(
    store: Watched,
) -> None:
    followed = served(store)
    before = followed.serving.current()
    wrong = release(store, GERMAN, golden_of(RED, {2: 1.0}))
    point(store, wrong)
    followed.pass_time()
    store.heal()

    for _ in range(3):
        followed.pass_time()

    assert followed.serving.current() is before
    assert store.asked == [f"read_changed {POINTER}"] * 3
    history = followed.serving.history
    assert (history.swaps, history.failed_swaps) == (1, 1)
    assert history.last_failure is not None
    assert history.last_failure.release == wrong
    assert "golden picture" in str(history.last_failure.reason)

    point(store, release(store, GERMAN))
    followed.pass_time()
    assert followed.labels == GERMAN
