"""Looks for another release that hang, fail or find a bad one: requests notice nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest
from PIL import Image

from inference.cache import Cache
from inference.errors import ModelNotReady, SourceUnavailable
from inference.manifest import GOLDEN_ANSWERS
from inference.references import StageReference
from inference.serving import TRIES, Serving
from inference.stores import open_store
from tests.inference.clocks import Clock
from tests.inference.drawing import saved
from tests.inference.followed import (
    ENGLISH,
    GERMAN,
    REFRESH_SECONDS,
    assert_whole,
    follow,
    served,
)
from tests.inference.registered import NAME, POINTER, STAGE, point, release, write
from tests.inference.tiny import golden_of
from tests.inference.watched import Watched

RED = saved(Image.new("RGB", (6, 4), "red"), "PNG")


@pytest.fixture
def local(tmp_path: Path) -> Watched:
    """An empty store in a folder."""
    return Watched(open_store(str(tmp_path / "registry")))


def test_a_request_is_answered_by_the_model_before_while_the_next_is_on_its_way(
    local: Watched,
) -> None:
    followed = served(local)
    before = followed.serving.current()
    point(local, release(local, GERMAN))
    followed.clock.now += REFRESH_SECONDS

    assert followed.serving.current() is before
    assert followed.serving.current() is before
    assert followed.later.run() == 1
    assert followed.labels == GERMAN
    assert before.labels == ENGLISH


def test_a_refresh_that_hangs_holds_up_no_request_and_no_second_one_begins(local: Watched) -> None:
    followed = served(local)
    began, go_on = Event(), Event()

    def hang(_: str) -> None:
        began.set()
        assert go_on.wait(30)

    local.before = hang
    followed.clock.now += REFRESH_SECONDS
    before = followed.serving.current()
    [refresh] = followed.later.waiting
    thread = Thread(target=refresh)
    thread.start()
    assert began.wait(30)

    followed.clock.now += REFRESH_SECONDS
    assert followed.serving.current() is before
    assert followed.later.run() == 2  # the one that hangs is not the only one: these two give way
    assert local.asked == [f"read_changed {POINTER}"]

    go_on.set()
    thread.join(30)
    assert not thread.is_alive()


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"release": "../../x"}'])
def test_a_pointer_that_is_none_unloads_nothing(local: Watched, content: bytes) -> None:
    followed = served(local)
    before = followed.serving.current()
    write(local, POINTER, content)

    followed.pass_time()

    assert followed.serving.current() is before
    failure = followed.serving.history.last_failure
    assert failure is not None
    assert f"{POINTER} is no pointer to a release" in str(failure.reason)


def test_a_release_replaces_another_only_with_all_its_golden_answers(local: Watched) -> None:
    """At a start one picture is enough; they all were right when it was published."""
    first = golden_of(RED, {0: 1.0}, "one.png")
    second = golden_of(RED, {2: 1.0}, "two.png")
    both = first[GOLDEN_ANSWERS][:-2] + b"," + second[GOLDEN_ANSWERS].partition(b"[")[2]
    half_right = release(local, GERMAN, {**first, **second, GOLDEN_ANSWERS: both})
    followed = served(local)
    point(local, half_right)

    followed.pass_time()

    assert followed.labels == ENGLISH
    failure = followed.serving.history.last_failure
    assert failure is not None
    assert "two.png" in str(failure.reason)
    started = follow(local)
    assert started.labels == GERMAN


def test_a_damaged_release_is_tried_a_few_times_and_then_left_alone(local: Watched) -> None:
    followed = served(local)
    damaged = release(local, GERMAN)
    write(local, f"{NAME}/releases/{damaged}/model.tflite", b"cut off")
    point(local, damaged)
    local.heal()

    for _ in range(TRIES + 3):
        followed.pass_time()

    assert followed.labels == ENGLISH
    assert local.asked.count(f"read {NAME}/releases/{damaged}/model.tflite") == TRIES
    assert followed.serving.history.failed_swaps == 1


def test_a_release_that_was_damaged_on_its_way_is_served_at_the_next_look(local: Watched) -> None:
    followed = served(local)
    digest = release(local, GERMAN)
    path = Path(local.url, NAME, "releases", digest, "model.tflite")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    point(local, digest)
    followed.pass_time()
    path.write_bytes(whole)

    followed.pass_time()

    assert followed.labels == GERMAN


def test_storage_that_is_away_unloads_nothing_and_is_logged_once(
    local: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    followed = served(local)
    before = followed.serving.current()

    def away(_: str) -> None:
        raise SourceUnavailable("s3://secret-bucket cannot be reached")

    local.before = away
    for _ in range(3):
        followed.pass_time()

    history = followed.serving.history
    assert followed.serving.current() is before
    assert (history.failed_looks, history.failed_swaps) == (3, 0)
    assert history.last_failure is not None
    assert history.last_failure.reason == "the model's storage did not answer"
    assert caplog.text.count("s3://secret-bucket") == 1


Fault = Callable[[], Exception]


@pytest.mark.parametrize(
    "fault",
    [
        lambda: SourceUnavailable("told to"),
        lambda: RuntimeError("a bug of /some/library"),
        MemoryError,
    ],
    ids=["storage", "bug", "memory"],
)
@pytest.mark.parametrize(("cached", "steps_before_success"), [(False, 6), (True, 3)])
def test_a_fault_at_any_step_of_a_refresh_leaves_the_old_model_and_the_next_look_mends_it(
    local: Watched, tmp_path: Path, fault: Fault, cached: bool, steps_before_success: int
) -> None:
    """What the cache has already, files of the release before among them, is not asked for."""
    (tmp_path / "cache").mkdir()
    cache = Cache(tmp_path / "cache") if cached else None
    point(local, release(local, files=golden_of(RED, {0: 1.0})))
    followed = follow(local, cache)
    english, german = followed.serving.current(), release(local, GERMAN, golden_of(RED, {0: 1.0}))
    steps = 0
    while steps < 20:
        local.heal()
        point(local, german)
        local.heal()
        local.fail_at(steps + 1, fault())
        followed.pass_time()
        if followed.labels == GERMAN:
            break
        steps += 1
        assert followed.serving.current() is english
        reason = str(followed.serving.history.last_failure)
        assert "/some/library" not in reason
        assert_whole(tmp_path / "cache")

    assert steps == steps_before_success
    assert_whole(tmp_path / "cache")


def test_a_clock_that_is_set_back_stops_nothing(local: Watched) -> None:
    followed = served(local)
    point(local, release(local, GERMAN))
    followed.clock.now -= 1_000_000

    followed.serving.current()
    followed.later.run()

    assert followed.labels == GERMAN
    local.heal()
    followed.serving.current()
    assert local.asked == []


def test_without_a_release_requests_are_refused_until_the_stage_points_to_one(
    local: Watched,
) -> None:
    followed = follow(local)
    with pytest.raises(ModelNotReady):
        followed.serving.current()
    point(local, release(local, GERMAN))
    with pytest.raises(ModelNotReady):
        followed.serving.current()

    followed.clock.now += REFRESH_SECONDS

    assert followed.labels == GERMAN


def test_the_real_background_swaps_beside_the_requests(local: Watched) -> None:
    point(local, release(local))
    clock = Clock()
    swapped = Event()
    reference = StageReference(local, NAME, STAGE)
    serving = Serving(reference, REFRESH_SECONDS, clock)
    assert serving.current().labels == ENGLISH
    point(local, release(local, GERMAN))
    local.before = lambda asked: swapped.set() if "model.tflite" in asked else None
    clock.now += REFRESH_SECONDS

    serving.current()

    assert swapped.wait(30)
    while serving.current().labels != GERMAN:
        pass
    assert serving.history.swaps == 2
