"""The service with the default model after many requests: its memory, and the time of an answer.

Neither is to grow with what was asked before. Times are held against those of a service that has
answered few, by turns: the machine's own wandering is larger than what is looked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import Running, microlens, ours, wait_until_ready
from benchmarks.load import Answer, drive
from benchmarks.photographs import photographs
from benchmarks.spread import Spread, percentile
from benchmarks.workshop import say
from inference.settings import DEFAULT_MODEL

CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class After:
    """Resident memory after so many requests."""

    requests: int
    rss_bytes: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory as requests came; the median answer of a service after the most and the fewest."""

    steps: list[After]
    late_ms: Spread
    early_ms: Spread


def measure_memory(counts: tuple[int, ...], rounds: int, seconds: float) -> Memory:
    """The service after its first answer and after each of `counts` (ascending) requests."""
    with microlens(Path(DEFAULT_MODEL)) as late, microlens(Path(DEFAULT_MODEL)) as early:
        early.pause()
        steps = [After(_ask(late, 1), late.rss_bytes())]
        for count in counts:
            say(f"memory: {count:,} requests")
            _ask(late, count - steps[-1].requests)
            steps.append(After(count, late.rss_bytes()))
        late.pause()
        with early.awake():
            _ask(early, counts[0])
        found: dict[Running, list[float]] = {late: [], early: []}
        for number in range(rounds):
            for server in (late, early) if number % 2 else (early, late):
                with server.awake():
                    found[server].append(_p50(server, seconds))
    return Memory(steps, Spread.of(found[late]), Spread.of(found[early]))


def _ask(server: Running, count: int) -> int:
    """Send so many requests, one after the other on each connection."""
    requests = _requests()
    wait_until_ready(server, requests[0])
    _checked(drive(server.port, requests, min(CONNECTIONS, count), most=count).answers)
    return count


def _p50(server: Running, seconds: float) -> float:
    answers = _checked(drive(server.port, _requests(), CONNECTIONS, seconds=seconds).answers)
    return percentile((each.milliseconds for each in answers), 0.5)


def _requests() -> list[bytes]:
    return [ours().request(path.read_bytes()) for path in photographs("640x480")]


def _checked(answers: list[Answer]) -> list[Answer]:
    if any(answer.status != 200 for answer in answers):
        raise SystemExit("not every request was answered with 200")
    return answers
