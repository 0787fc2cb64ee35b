"""Serving: not ready, then ready; asked again in time; and a reason that tells no path."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from PIL import Image

from inference.errors import ModelNotReady, SourceUnavailable
from inference.manifest import LABELS
from inference.references import BundleReference, Reference, Sighting, parse_reference
from inference.serving import Serving
from tests.inference.clocks import Clock
from tests.inference.drawing import saved
from tests.inference.networks import channel_means
from tests.inference.tiny import HEIGHT, WIDTH, golden_of, write_tiny

RETRY_SECONDS = 30.0
# The mean of each channel: red 0.8, green 0.4, blue 0.2.
GOLDEN = golden_of(
    saved(Image.new("RGB", (WIDTH, HEIGHT), (204, 102, 51)), "PNG"), {0: 0.8, 1: 0.4, 2: 0.2}
)


@dataclass(frozen=True)
class Counted:
    """A reference that counts how often it is looked at."""

    reference: Reference
    asked: list[None] = field(default_factory=list)
    stage: str | None = "dev"

    def look(self, seen: Sighting | None) -> Sighting | None:
        self.asked.append(None)
        return self.reference.look(seen)

    def __str__(self) -> str:
        return str(self.reference)


def serving(folder: Path, clock: Clock) -> tuple[Serving, Counted]:
    counted = Counted(parse_reference(str(folder)))
    return Serving(counted, RETRY_SECONDS, clock, lambda work: work()), counted


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_nothing_is_read_before_the_first_question(tmp_path: Path, clock: Clock) -> None:
    _, reference = serving(tmp_path / "nothing", clock)

    assert reference.asked == []


def test_the_first_question_loads_the_model_and_the_next_ones_get_the_same(
    tmp_path: Path, clock: Clock
) -> None:
    held, reference = serving(write_tiny(tmp_path), clock)
    before = datetime.now(UTC)

    model = held.current()
    clock.now += RETRY_SECONDS - 0.001

    assert held.current() is model
    assert len(reference.asked) == 1
    assert model.identity.stage == "dev"
    assert held.history.last_swap is not None
    assert held.history.last_swap.release == model.identity.release
    assert before <= held.history.last_swap.at <= datetime.now(UTC)
    assert held.history.last_failure is None


def test_a_model_that_appears_later_is_found_after_retry_seconds_and_not_before(
    tmp_path: Path, clock: Clock
) -> None:
    held, reference = serving(tmp_path / "model", clock)
    with pytest.raises(ModelNotReady) as first:
        held.current()
    assert first.value.retry_seconds == RETRY_SECONDS
    write_tiny(tmp_path / "model")

    clock.now += RETRY_SECONDS - 0.001
    with pytest.raises(ModelNotReady) as second:
        held.current()
    assert second.value.retry_seconds == pytest.approx(0.001)
    assert len(reference.asked) == 1

    clock.now += 0.001
    assert held.current().identity.name == "colours"
    assert len(reference.asked) == 2
    assert held.history.last_swap is not None
    assert held.history.last_failure is not None


def test_a_later_models_golden_pictures_wait_their_turn_and_the_first_ones_do_not(
    tmp_path: Path, clock: Clock
) -> None:
    turns: list[Callable[[], None]] = []

    def in_turn(work: Callable[[], None]) -> None:
        turns.append(work)
        work()

    folder = write_tiny(tmp_path, files=GOLDEN)
    reference = parse_reference(str(folder))
    held = Serving(reference, RETRY_SECONDS, clock, lambda work: work(), in_turn)
    first = held.current().identity.release
    assert turns == []

    write_tiny(folder, files=GOLDEN | {LABELS: b"rot\ngr\xc3\xbcn\nblau\n"})
    for _ in range(2):  # files that are replaced in place come to rest first
        clock.now += RETRY_SECONDS
        held.current()

    assert held.current().identity.release != first
    assert len(turns) == 1


def test_a_system_that_refuses_threads_keeps_nobody_from_the_model_that_is_there(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Serving(parse_reference(str(write_tiny(tmp_path))), RETRY_SECONDS, clock)
    model = held.current()

    def refuse(thread: Thread) -> None:
        raise RuntimeError(f"can't start {thread.name}")

    monkeypatch.setattr(Thread, "start", refuse)
    clock.now += RETRY_SECONDS

    assert held.current() is model
    assert "the model is not looked at this time: can't start refresh" in caplog.text


def test_starting_without_a_model_fails_nothing_and_is_remembered(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    held, _ = serving(tmp_path / "nothing", clock)

    held.start()

    assert held.history.last_failure is not None
    assert held.history.last_failure.reason == (
        "there is no bundle: no model.json lies there, and there is no model among the files "
        "(nothing); what is read here: architecture.json + weights.h5, .h5, .keras, a SavedModel "
        "(folder or .zip) or .tflite"
    )
    assert held.history.last_swap is None
    assert "no model is loaded; " in caplog.text


def test_a_damaged_model_is_told_without_a_path(tmp_path: Path, clock: Clock) -> None:
    folder = write_tiny(tmp_path)
    (folder / "model.tflite").write_bytes(b"something else")
    held, _ = serving(folder, clock)

    held.start()

    assert held.history.last_failure is not None
    reason = str(held.history.last_failure.reason)
    assert "'model.tflite' is not the file that was published" in reason
    assert str(tmp_path) not in reason


def test_what_ails_the_storage_is_logged_and_not_told(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    held = Serving(Broken(), RETRY_SECONDS, clock)

    held.start()

    assert held.history.last_failure is not None
    assert held.history.last_failure.reason == "the model's storage did not answer"
    assert "s3://secret-bucket" in caplog.text


@dataclass(frozen=True)
class Broken:
    """A reference whose storage is away."""

    stage: str | None = None

    def look(self, _: Sighting | None) -> Sighting | None:
        raise SourceUnavailable("s3://secret-bucket/x cannot be reached: EndpointConnectionError")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            golden_of(saved(Image.new("RGB", (6, 4), "red"), "PNG"), {2: 1.0}),
            "'blue' on its golden",
        ),
        (golden_of(b"no picture", {0: 1.0}), "the golden picture one.png cannot be read"),
        (
            golden_of(saved(Image.new("RGB", (6, 4), "red"), "PNG"), {0: 1.0})
            | {"model.tflite": channel_means(WIDTH, HEIGHT, "float32", "fails when it runs")},
            "LiteRT cannot run the model",
        ),
    ],
    ids=["golden-mismatch", "golden-unreadable", "fails-when-it-runs"],
)
def test_a_model_that_does_not_stand_its_test_is_never_served(
    files: dict[str, bytes], reason: str, tmp_path: Path, clock: Clock
) -> None:
    held, _ = serving(write_tiny(tmp_path, files=files), clock)

    with pytest.raises(ModelNotReady):
        held.current()

    assert held.history.last_failure is not None
    assert reason in str(held.history.last_failure.reason)


def test_eight_first_questions_at_once_load_the_model_once(tmp_path: Path, clock: Clock) -> None:
    held, reference = serving(write_tiny(tmp_path), clock)

    with ThreadPoolExecutor(8) as threads:
        models = list(threads.map(lambda _: held.current(), range(8)))

    assert len(reference.asked) == 1
    assert all(model is models[0] for model in models)


def test_a_model_in_memory_goes_on_when_its_files_are_gone(tmp_path: Path, clock: Clock) -> None:
    folder = write_tiny(tmp_path / "model")
    held, _ = serving(folder, clock)
    model = held.current()

    shutil.rmtree(folder)
    clock.now += 10 * RETRY_SECONDS

    assert held.current() is model


def test_a_plain_bundle_has_no_stage(tmp_path: Path) -> None:
    reference = parse_reference(str(write_tiny(tmp_path)))

    assert isinstance(reference, BundleReference)
    assert Serving(reference, RETRY_SECONDS).current().identity.stage is None
