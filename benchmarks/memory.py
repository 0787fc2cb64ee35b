"""Resident memory of the service with the default model: after its start and after many requests.

The time of an answer early and late is kept too: neither is to grow with what was asked before.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import microlens, ours, wait_until_ready
from benchmarks.load import drive
from benchmarks.photographs import photographs
from benchmarks.spread import percentile
from benchmarks.workshop import say
from inference.settings import DEFAULT_MODEL

CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class After:
    """Resident memory after so many requests, and the median answer of the last stretch."""

    requests: int
    rss_bytes: int
    p50_ms: float


def measure_memory(counts: tuple[int, ...]) -> list[After]:
    """The service after its first answer, and after each of `counts` (ascending) requests."""
    contender = ours()
    requests = [contender.request(path.read_bytes()) for path in photographs("640x480")]
    with microlens(Path(DEFAULT_MODEL)) as server:
        wait_until_ready(server, requests[0])
        found = [After(1, server.rss_bytes(), 0.0)]
        for count in counts:
            say(f"memory: {count:,} requests")
            missing = count - found[-1].requests
            load = drive(server.port, requests, CONNECTIONS, most=missing)
            if any(answer.status != 200 for answer in load.answers):
                raise SystemExit("not every request was answered with 200")
            stretch = [answer.milliseconds for answer in load.answers[-counts[0] :]]
            found.append(After(count, server.rss_bytes(), percentile(stretch, 0.5)))
    return found
