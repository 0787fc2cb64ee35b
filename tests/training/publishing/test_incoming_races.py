"""Several workers at one incoming folder: one converts, the newest files win, nothing is lost."""

from __future__ import annotations

import pytest

from inference import layout
from inference.errors import SourceUnavailable
from inference.stores import Store
from tests.training.publishing.dropping import (
    NAME,
    Counted,
    attended,
    drop,
    drop_model,
    incoming,
    release_of,
)
from training.jobs import Conversion, Job
from training.status import read_status

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
    assert status.state == "converting"

    assert attended(folder).state == "published"
