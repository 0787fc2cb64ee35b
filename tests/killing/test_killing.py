"""A process that is killed at any moment leaves nothing half and nothing twice behind."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.process import environment
from tests.servers.seaweed import Seaweed

PROJECT = Path(__file__).parents[2]
KILLS = 16
"""`make kill-test` does 200."""


@pytest.mark.slow
def test_sigkill_at_random_moments_leaves_nothing_half_nothing_twice_and_loses_nothing(
    seaweed: Seaweed,
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.killing", str(KILLS)],
        cwd=PROJECT,
        env=environment(seaweed.environment()),
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    told = re.findall(r"^kill-test: (\w+) in (\w+): (\d+) kills", done.stdout, re.MULTILINE)
    assert {(work, store) for work, store, _ in told} == {
        (work, store)
        for work in ("publish", "promote", "swap", "ingest")
        for store in ("folder", "s3")
    }
    assert sum(int(kills) for *_, kills in told) == KILLS


def test_a_child_that_fails_is_told_with_its_traceback_and_never_counts_as_killed() -> None:
    program = """
from tests.killing.children import ChildFailed, ask, kill_in
def fail():
    raise ValueError("as it was told")
for way in (ask, lambda work: kill_in(work, 30)):
    try:
        way(fail)
    except ChildFailed as error:
        print("as it was told" in str(error))
print(kill_in(lambda: "done", 30))
def hang():
    while True: pass
print(kill_in(hang, 0.01), ask(lambda: "said").text)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "True", "False", "True", "said"]
