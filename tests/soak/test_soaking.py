"""What a soak judges by: lines through memory, counts that add up; and a short one, whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.servers.process import environment
from tests.soak.doors import doors
from tests.soak.judging import LIMIT
from tests.soak.ledger import Ledger
from tests.soak.slope import Slope, slope

PROJECT = Path(__file__).parents[2]
SECONDS = [float(each) for each in range(600)]


def noisy(rise_per_hour: float) -> list[float]:
    """Ten minutes of memory around 200 MB, with work that comes and goes on top."""
    chance = np.random.default_rng(3)
    work = chance.exponential(20e6, len(SECONDS))
    return list(200e6 + rise_per_hour * np.array(SECONDS) / 3_600 + work)


@pytest.mark.parametrize("leak", [60e6, 300e6])
def test_a_leak_is_found_under_the_noise_of_work(leak: float) -> None:
    found = slope(SECONDS, noisy(leak))
    assert not found.is_flat
    assert found.per_hour == pytest.approx(leak, abs=found.doubt)
    assert found.reason_against(LIMIT) == f"memory rises: {found}"


def test_memory_that_stays_or_falls_is_flat() -> None:
    assert slope(SECONDS, noisy(0)).reason_against(LIMIT) is None
    assert slope(SECONDS, noisy(-300e6)).reason_against(LIMIT) is None
    with pytest.raises(ValueError, match="3 samples"):
        slope([1, 2, 3], [1, 2, 3])


def test_memory_of_which_nobody_can_tell_is_not_called_flat() -> None:
    vague = Slope(per_hour=1e6, doubt=80e6)
    assert vague.is_flat
    reason = vague.reason_against(LIMIT)
    assert reason is not None
    assert "up to 81.0 MB an hour (+1.0 ± 80.0 MB an hour)" in reason
    assert "limited to 60" in reason


def test_what_was_sent_and_never_answered_and_what_came_back_wrong_is_told() -> None:
    ledger = Ledger()
    for _ in range(3):
        ledger.sends("raw body", "200")
    ledger.came("raw body", "200")
    assert ledger.reasons_against() == ["raw body: 3 sent, 1 answered"]
    ledger.came("raw body", "200")
    ledger.came("raw body", "500 internal", "oops")
    assert ledger.reasons_against() == ["raw body: 500 internal instead of 200 oops"]


def test_every_door_has_a_name_of_its_own_and_no_500_is_expected() -> None:
    found = doors(b"", "photos")
    assert len({door.name for door in found}) == len(found)
    assert all(not door.expected.startswith("500") for door in found)


@pytest.mark.slow
def test_a_short_soak_finds_nothing_wrong_and_writes_its_report(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", "0.4"],
        cwd=PROJECT,
        env=environment({"REPORT": str(tmp_path)}),
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    report = (tmp_path / "soak.md").read_text()
    assert "nothing was wrong" in report
    assert "<polyline" in (tmp_path / "soak.svg").read_text()
