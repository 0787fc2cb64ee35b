"""How many cores this process may use."""

from __future__ import annotations

import os
from pathlib import Path

from inference.environment import lambda_memory_mb

# Source: AWS, "Configure Lambda function memory": at 1,769 MB a function has one vCPU.
LAMBDA_MB_PER_CORE = 1_769
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def cores() -> int:
    """The cores that this process can keep busy, as it found them; at least 1.

    Those that the scheduler shows it, but no more than it is given time on: a container may have
    a quota, and Lambda shows two cores to functions that have a part of one.
    """
    given = min(_shown(), lambda_cores(lambda_memory_mb()), quota_cores(_quota()))
    return max(1, round(given))


def lambda_cores(memory_mb: int | None) -> float:
    """What a Lambda function of that memory has; no limit outside of Lambda."""
    return memory_mb / LAMBDA_MB_PER_CORE if memory_mb else float("inf")


def quota_cores(text: str) -> float:
    """What `cpu.max` of a control group allows: microseconds in a period, or `max`."""
    quota, _, period = text.partition(" ")
    return int(quota) / int(period) if quota.isdecimal() else float("inf")


def _shown() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quota() -> str:
    """The quota of this container; no limit where the kernel shows none."""
    try:
        return _QUOTA.read_text()
    except OSError:
        return "max"
