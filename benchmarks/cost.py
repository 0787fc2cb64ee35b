"""What 20,000 pictures cost at each memory size of Lambda, from times measured under its CPU.

A function with 1,769 MB has one CPU and others have their share of it, so the runtime is given
that share and no more. Times are those that AWS's emulator reports as the duration of an
invocation, which is what Lambda bills.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.photographs import photographs
from benchmarks.quota import Quota, cpu_quota
from benchmarks.spread import Spread, percentile
from benchmarks.workshop import say
from inference.prices import billed_seconds, prices
from inference.settings import DEFAULT_MODEL
from tests.api import events
from tests.servers.emulator import Emulator, emulator

PICTURES = 20_000
COLD_SHARE = 0.01
MEMORY_MB = (512, 768, 1024, 1280, 1536, 1769, 2048, 2560, 3008)
_WARM_UP = 3
_DURATION = re.compile(r"^REPORT .*?\tDuration: ([\d.]+) ms", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class MemorySize:
    """One memory size: its times, and what 20,000 pictures cost with them, API Gateway included.

    `gb_seconds` and `dollars` are for warm answers; `dollars_with_cold_starts` is for one cold
    start in a hundred. `estimated` says that no quota could be set: times of a whole CPU were
    scaled instead.
    """

    memory_mb: int
    estimated: bool
    cold_seconds: Spread
    p50_ms: Spread
    p99_ms: Spread
    gb_seconds: float
    dollars: float
    dollars_with_cold_starts: float


@dataclass(slots=True)
class _Rounds:
    cold_seconds: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    billed_seconds: list[float] = field(default_factory=list)


def measure_cost(rounds: int, answers: int, sizes: Sequence[int] = MEMORY_MB) -> list[MemorySize]:
    """Rounds over memory sizes, with the default model and a picture of 640 × 480."""
    picture = photographs("640x480")[0].read_bytes()
    found = {memory: _Rounds() for memory in sizes}
    with cpu_quota() as quota:
        for number in range(rounds):
            for memory in sizes:
                say(f"cost: round {number + 1} of {rounds}: {memory} MB")
                _measure(memory, quota, picture, answers, found[memory])
    return [_size(memory, of, len(picture), quota is None) for memory, of in found.items()]


def _size(memory: int, of: _Rounds, body_bytes: int, estimated: bool) -> MemorySize:
    table, gigabytes = prices(), memory / 1024
    warm = PICTURES * Spread.of(of.billed_seconds).median * gigabytes
    cold = PICTURES * COLD_SHARE * Spread.of(of.cold_seconds).median * gigabytes
    dollars = table.compute(warm) + table.requests(PICTURES, body_bytes)
    return MemorySize(
        memory_mb=memory,
        estimated=estimated,
        cold_seconds=Spread.of(of.cold_seconds),
        p50_ms=Spread.of(of.p50_ms),
        p99_ms=Spread.of(of.p99_ms),
        gb_seconds=warm,
        dollars=dollars,
        dollars_with_cold_starts=dollars + table.compute(cold),
    )


def _measure(memory: int, quota: Quota | None, picture: bytes, answers: int, into: _Rounds) -> None:
    event = events.http("http_api_v2", picture, "image/jpeg")
    # Nobody can squeeze more out of a CPU by having more memory than it takes.
    slower = 1.0 if quota else max(1.0, prices().mb_per_vcpu / memory)
    env = {"MICROLENS_MODEL": DEFAULT_MODEL}
    with emulator("api.http_handler.handler", env) as function:
        start = time.perf_counter()
        with _limited(function, quota, memory):
            _ask(function, event)
        into.cold_seconds.append((time.perf_counter() - start) * slower)
        for _ in range(_WARM_UP + answers):
            _ask(function, event)
        durations = [float(found) * slower for found in _DURATION.findall(function.log())]
        warm = durations[1 + _WARM_UP :]
    into.p50_ms.append(percentile(warm, 0.5))
    into.p99_ms.append(percentile(warm, 0.99))
    into.billed_seconds.append(billed_seconds(warm))


@contextmanager
def _limited(function: Emulator, quota: Quota | None, memory: int) -> Iterator[None]:
    """Let what the emulator starts meanwhile have the CPU of `memory` MB from then on.

    The emulator itself, which is AWS's side, is let go afterwards.
    """
    if quota is None:
        yield
        return
    quota.limit(memory / prices().mb_per_vcpu)
    quota.add(function.server.process.pid)
    yield
    quota.free(function.server.process.pid)


def _ask(function: Emulator, event: events.Event) -> None:
    reply = function.invoke(event)
    if reply.get("statusCode") != 200:
        raise SystemExit(f"the function failed: {reply}")


def cheapest(sizes: list[MemorySize], within_ms: float) -> MemorySize | None:
    """The cheapest memory size whose median warm answer takes no longer than that."""
    quick = [size for size in sizes if size.p50_ms.median <= within_ms]
    return min(quick, key=lambda size: size.dollars, default=None)
