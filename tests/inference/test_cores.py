"""Cores: no more than the scheduler shows, a quota allows and Lambda's memory buys."""

from __future__ import annotations

import subprocess
import sys

import pytest

from inference.cores import cores, lambda_cores, quota_cores
from inference.environment import lambda_memory_mb


def test_there_is_at_least_one() -> None:
    assert cores() >= 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("max 100000\n", float("inf")),
        ("max", float("inf")),
        ("200000 100000\n", 2.0),
        ("50000 100000", 0.5),
        ("nonsense", float("inf")),
    ],
)
def test_a_quota_is_microseconds_in_a_period(text: str, expected: float) -> None:
    assert quota_cores(text) == expected


@pytest.mark.parametrize(("memory", "expected"), [(None, float("inf")), (1_769, 1.0), (3_538, 2.0)])
def test_lambda_gives_a_core_for_each_1769_megabytes(memory: int | None, expected: float) -> None:
    assert lambda_cores(memory) == expected


@pytest.mark.parametrize(
    ("environment", "expected"),
    [({}, None), ({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512"}, 512)],
    ids=["elsewhere", "lambda"],
)
def test_the_memory_of_a_function_is_what_lambda_says(
    environment: dict[str, str], expected: int | None
) -> None:
    assert lambda_memory_mb(environment) == expected


def test_a_small_function_uses_one_core_whatever_the_scheduler_shows() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from inference.cores import cores; print(cores())"],
        env={"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512"},
        capture_output=True,
        check=True,
    )

    assert done.stdout == b"1\n"
