"""When there is nothing to do about files that were dropped: judged, or somebody is at it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from training.status import CLAIM, Status, is_settled

NOW = datetime(2026, 1, 2, tzinfo=UTC)
FILES = {"model.keras": "1"}
CONVERTING = Status(
    name="colours", state="converting", detail="…", at=NOW, files=FILES, worker="lambda a"
)
REFUSED = CONVERTING.model_copy(update={"state": "refused"})
INTERRUPTED = CONVERTING.model_copy(update={"state": "interrupted"})
SHORT = CONVERTING.model_copy(update={"until": NOW + timedelta(seconds=60)})


@pytest.mark.parametrize(
    ("status", "files", "worker", "after", "settled"),
    [
        pytest.param(None, FILES, "a", 0, False, id="nothing was ever said"),
        pytest.param(REFUSED, FILES, "lambda b", 9_999, True, id="judged"),
        pytest.param(REFUSED, {"model.keras": "2"}, "lambda b", 0, False, id="another file"),
        pytest.param(CONVERTING, FILES, "lambda b", 60, True, id="somebody else is at it"),
        pytest.param(CONVERTING, FILES, "lambda a", 60, False, id="our own try was interrupted"),
        pytest.param(CONVERTING, {}, "lambda b", 60, False, id="at it, with other files"),
        pytest.param(
            CONVERTING, FILES, "lambda b", CLAIM.total_seconds() + 1, False, id="he has died"
        ),
        pytest.param(SHORT, FILES, "lambda b", 59, True, id="he has a minute"),
        pytest.param(SHORT, FILES, "lambda b", 60, False, id="his minute is over"),
        pytest.param(INTERRUPTED, FILES, "lambda b", 0, False, id="given up"),
    ],
)
def test_when_there_is_nothing_to_do(
    status: Status | None, files: dict[str, str], worker: str, after: float, settled: bool
) -> None:
    now = NOW + timedelta(seconds=after)
    assert is_settled(status, files, now, lambda other: other == worker) is settled


def test_a_status_survives_being_written() -> None:
    assert Status.parse(REFUSED.serialise()) == REFUSED
    assert Status.parse(b"{}") is None
