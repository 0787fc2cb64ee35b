"""Several workers at one incoming folder: one converts, the newest files win, nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import nullcontext, suppress
from datetime import UTC, datetime

import pytest

from inference import layout
from inference.errors import SourceUnavailable
from inference.stores import Store
from tests.inference.watched import Watched
from tests.training.publishing.dropping import (
    LABELS_TXT,
    NAME,
    RECIPE_JSON,
    Counted,
    attended,
    drop,
    drop_model,
    incoming,
    release_of,
)
from training.incoming import Incoming
from training.jobs import Conversion, Job
from training.status import Status, read_status, write_status
from training.workers import this_watch

pytestmark = pytest.mark.tensorflow


def test_two_workers_at_once_convert_once(folder: Store, flatbuffer: bytes) -> None:
    drop_model(folder, flatbuffer)
    other = Counted()
    states = []

    class Meanwhile(Counted):
        def __call__(self, job: Job) -> Conversion:
            states.append(attended(folder, other, worker="another").state)
            return super().__call__(job)

    status = attended(folder, Meanwhile())

    assert (states, other.jobs, status.state) == (["converting"], 0, "published")


def test_files_replaced_while_they_are_converted_win(folder: Store, flatbuffer: bytes) -> None:
    drop_model(folder, flatbuffer)
    newer = b"crimson\nlime\nnavy\nblack\n"

    class Replaced(Counted):
        def __call__(self, job: Job) -> Conversion:
            if not self.jobs:
                drop(folder, "labels.txt", newer)
                assert attended(folder, Counted(), worker="another").state == "published"
            return super().__call__(job)

    status = incoming(folder, Replaced()).attend()

    assert status is not None
    assert (status.worker, status.state) == ("another", "published")
    labels = folder.read(layout.release(NAME, release_of(folder)) + "labels.txt")
    assert labels is not None
    assert labels.data == newer


@pytest.mark.parametrize("step", range(1, 8))
def test_a_file_that_is_dropped_while_another_worker_looks_is_not_forgotten(
    folder: Store, flatbuffer: bytes, step: int
) -> None:
    """Who saw the folder before it was whole says nothing of it after it was published."""
    drop(folder, "labels.txt", LABELS_TXT)
    drop(folder, "recipe.json", RECIPE_JSON)

    def meanwhile(_: str) -> None:
        if len(slow.asked) == step:
            drop(folder, "model.tflite", flatbuffer)
            assert attended(folder, worker="another").state == "published"

    slow = Watched(folder, meanwhile)
    incoming(slow).attend()

    status, _ = read_status(folder, NAME)
    assert status is not None
    assert status.state == ("published" if len(slow.asked) >= step else "waiting")


def test_a_storage_that_fails_once_is_asked_again_by_the_same_worker(
    folder: Store, flatbuffer: bytes
) -> None:
    drop_model(folder, flatbuffer)

    class Broken(Counted):
        def __call__(self, _: Job) -> Conversion:
            raise SourceUnavailable("the storage does not answer")

    with pytest.raises(SourceUnavailable):
        incoming(folder, Broken()).attend()
    status, _ = read_status(folder, NAME)
    assert status is not None
    assert status.state == "interrupted"
    assert "the storage does not answer" in status.detail

    assert attended(folder, worker="another").state == "published"


@pytest.mark.parametrize("step", range(1, 37))
def test_a_storage_that_fails_anywhere_leaves_nobody_waiting_for_a_conversion(
    folder: Store, flatbuffer: bytes, step: int
) -> None:
    drop_model(folder, flatbuffer)
    watched = Watched(folder)
    watched.fail_at(step)
    with suppress(SourceUnavailable):
        incoming(watched).attend()
    status, _ = read_status(folder, NAME)
    assert status is None or status.state != "converting"

    watched.heal()
    assert attended(watched, worker="another").state == "published"


def test_a_worker_that_is_told_to_stop_says_so_and_another_goes_on(
    folder: Store, flatbuffer: bytes
) -> None:
    drop_model(folder, flatbuffer)

    class Stopped(Counted):
        def __call__(self, _: Job) -> Conversion:
            raise SystemExit(143)

    with pytest.raises(SystemExit):
        incoming(folder, Stopped()).attend()
    status, _ = read_status(folder, NAME)
    assert status is not None
    assert (status.state, status.detail.partition(";")[0]) == (
        "interrupted",
        "interrupted: tester was told to stop",
    )
    assert attended(folder, worker="another").state == "published"


def test_workers_that_are_killed_are_told_of_and_the_third_refuses(
    folder: Store, flatbuffer: bytes
) -> None:
    """As AWS does: the function is ended without a word, and the same event comes again."""
    drop_model(folder, flatbuffer)
    said = []

    class Killed(Counted):
        def __call__(self, _: Job) -> Conversion:
            said.append(read_status(folder, NAME)[0])
            raise KilledError

    for _ in range(2):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Incoming, "_taking_back", lambda *_: nullcontext())  # no last words
            with pytest.raises(KilledError):
                incoming(folder, Killed()).attend()

    refused = attended(folder)
    assert [each.detail.count("was ended from outside") for each in said if each] == [0, 1]
    assert refused.state == "refused"
    assert refused.detail.startswith("refused because 2 workers did not live to say why: ")
    assert refused.detail.endswith("publish it with microlens publish, which says more")
    assert attended(folder) == refused


def test_the_claim_of_a_process_that_is_gone_holds_nobody_up(
    folder: Store, flatbuffer: bytes
) -> None:
    drop_model(folder, flatbuffer)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    others = {
        "alive": (this_watch(), "converting"),
        "gone": (this_watch().replace(str(os.getpid()), str(gone.pid)), "published"),
    }
    for worker, state in others.values():
        tags = incoming(folder).look()
        claim = Status(
            name=NAME,
            state="converting",
            detail="…",
            at=datetime.now(UTC),
            files={name: tag.etag for name, tag in tags.items()},
            worker=worker,
        )
        write_status(folder, claim, read_status(folder, NAME)[1])
        assert attended(folder).state == state


class KilledError(BaseException):
    """The process is gone, as far as a process can play that."""
