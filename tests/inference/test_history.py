"""What became of models is told with whether it still stands."""

from __future__ import annotations

import pytest

from inference.errors import ModelError, SourceUnavailable
from inference.history import History

REFUSED = ModelError("'model.tflite' is not the file that was published")
AWAY = SourceUnavailable("s3://secret-bucket cannot be reached")


@pytest.fixture
def history() -> History:
    held = History("registry/a@prod")
    held.swapped("a", "1" * 64)
    held.settled()
    return held


def standing(history: History) -> str | None:
    """The reason of the failure that stands, if one does."""
    last = history.last_failure
    return last.reason if last and last.settled is None else None


def test_a_failure_stands_until_what_is_served_is_what_the_place_holds(history: History) -> None:
    history.failed("2" * 64, REFUSED)
    assert standing(history) == str(REFUSED)
    history.answered()
    assert standing(history) == str(REFUSED)

    history.swapped("a", "3" * 64)
    history.settled()

    assert history.last_failure is not None
    assert history.last_failure.reason == str(REFUSED)
    assert history.last_failure.settled is not None
    assert history.last_failure.settled >= history.last_failure.at


def test_an_outage_is_over_when_the_place_answers(history: History) -> None:
    history.failed(None, AWAY)
    history.failed(None, AWAY)
    assert standing(history) == "the model's storage did not answer"

    history.answered()

    assert standing(history) is None
    assert (history.failed_looks, history.failed_swaps) == (2, 0)


def test_an_outage_hides_no_model_that_was_refused_before_it(history: History) -> None:
    history.failed("2" * 64, REFUSED)
    history.failed(None, AWAY)
    history.answered()

    assert standing(history) == str(REFUSED)


def test_a_failure_that_comes_back_is_told_again_with_a_new_date(
    history: History, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        history.failed(None, AWAY)
        history.failed(None, AWAY)
        history.answered()

    assert caplog.text.count("the model before goes on answering") == 2


def test_the_log_says_which_release_was_refused_and_where_it_lies(
    history: History, caplog: pytest.LogCaptureFixture
) -> None:
    history.failed("2" * 64, REFUSED)

    assert f"registry/a@prod, release {'2' * 12}: 'model.tflite' is not" in caplog.text


def test_what_was_waited_for_is_over_when_it_fails_and_not_when_the_storage_is_away(
    history: History,
) -> None:
    history.waits("waiting for weights.h5")
    history.failed(None, AWAY)
    assert history.waiting_for == "waiting for weights.h5"

    history.failed("2" * 64, REFUSED)

    assert history.waiting_for is None
