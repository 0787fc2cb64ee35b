"""A process that is killed at any moment leaves nothing half and nothing twice behind."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.killing.__main__ import shares
from tests.killing.works import WORKS
from tests.servers.process import environment
from tests.servers.seaweed import Seaweed

PROJECT = Path(__file__).parents[2]


def killed(seaweed: Seaweed, kills: int, *works: str) -> dict[tuple[str, str], int]:
    """How often each work was killed in each store; `make kill-test` does all 200 times."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.killing", str(kills), *works],
        cwd=PROJECT,
        env=environment(seaweed.environment()),
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    told = re.findall(r"^kill-test: (\w+) in (\w+): (\d+) kills", done.stdout, re.MULTILINE)
    return {(work, store): int(count) for work, store, count in told}


@pytest.mark.slow
def test_sigkill_at_random_moments_leaves_nothing_half_nothing_twice_and_loses_nothing(
    seaweed: Seaweed,
) -> None:
    works = ("publish", "promote", "swap", "ingest")
    stores = ("folder", "s3")
    assert killed(seaweed, 16, *works) == {(work, store): 2 for work in works for store in stores}


@pytest.mark.slow
def test_a_service_that_is_killed_while_it_swaps_starts_again_with_a_whole_model(
    seaweed: Seaweed,
) -> None:
    assert killed(seaweed, 2, "serve") == {("serve", "s3"): 2}


def test_two_hundred_kills_reach_every_work_in_every_store() -> None:
    found = list(shares(200, ()))
    assert [(name, store) for name, store, _ in found] == [
        (name, store) for name, work in WORKS.items() for store in work.stores
    ]
    assert 200 <= sum(count for *_, count in found) < 210
    assert min(count for *_, count in found) == 10


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
