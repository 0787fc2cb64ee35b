"""What the project promises of its speed, and whether a run kept it. Pure functions of figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.cold_start import BARE, EVENT, HTTP, KERAS_PEER
from benchmarks.contenders import US, US_INT8
from benchmarks.cost import cheapest
from benchmarks.results import Results
from benchmarks.spread import Spread, significant
from benchmarks.warm import FLOOR, Measured, Warm

_WARM_MS = 100.0
_FEW_PICTURES = 50


@dataclass(frozen=True, slots=True)
class Target:
    """One promise: what, the limit, what was found; `kept` is None when it was not measured."""

    claim: str
    wanted: str
    found: str
    kept: bool | None


def targets(results: Results) -> list[Target]:
    """All promises, in the order in which they were made."""
    found: list[Target] = []
    for judge in (_warm, _cold, _memory, _cost, _growth, _swaps, _draft):
        found += judge(results)
    return found


def best_peer(warm: Warm, case: str, figure: Callable[[Measured], Spread], *, high: bool) -> str:
    """The peer with the best median in `case`; `high` if more is better."""
    peers = {name: of for name, of in warm.figures.items() if name not in (US, US_INT8, FLOOR)}
    choose = max if high else min
    return choose(peers, key=lambda name: figure(peers[name][case]).median)


def _warm(results: Results) -> Iterator[Target]:
    if results.warm is None:
        yield _unmeasured("warm latency and throughput")
        return
    for picture, most_ms, peer in (("640x480", 1.25, 1.8), ("12MP", 1.3, 2.2)):
        one, eight = f"{picture}, 1 connection", f"{picture}, 8 connections"
        yield _latency_over_floor(results.warm, one, most_ms)
        if picture == "640x480":
            yield _rate_of_floor(results.warm, eight, 0.8)
        for name in (US, US_INT8):
            yield _faster_than_peers(results.warm, name, one, peer)
            yield _rate_over_peers(results.warm, name, eight, peer)


def _latency_over_floor(warm: Warm, case: str, most: float) -> Target:
    ratio = warm.figures[US][case].p50_ms.over(warm.figures[FLOOR][case].p50_ms)
    return _at_most(f"{case}: time, as a multiple of the floor's", ratio, most)


def _faster_than_peers(warm: Warm, name: str, case: str, least: float) -> Target:
    peer = best_peer(warm, case, lambda of: of.p50_ms, high=False)
    ratio = warm.figures[peer][case].p50_ms.over(warm.figures[name][case].p50_ms)
    return _at_least(f"{case}: {name}, times faster than the best peer ({peer})", ratio, least)


def _rate_of_floor(warm: Warm, case: str, least: float) -> Target:
    ratio = warm.figures[US][case].rate.over(warm.figures[FLOOR][case].rate)
    return _at_least(f"{case}: pictures a second, as a share of the floor's", ratio, least)


def _rate_over_peers(warm: Warm, name: str, case: str, least: float) -> Target:
    peer = best_peer(warm, case, lambda of: of.rate, high=True)
    ratio = warm.figures[name][case].rate.over(warm.figures[peer][case].rate)
    claim = f"{case}: {name}, times the pictures a second of the best peer ({peer})"
    return _at_least(claim, ratio, least)


def _cold(results: Results) -> Iterator[Target]:
    if results.cold is None:
        yield _unmeasured("cold start")
        return
    first = {name: of.first_seconds for name, of in results.cold.items()}
    yield _at_least(
        "cold start: times faster than FastAPI + Keras", first[KERAS_PEER].over(first[HTTP]), 8
    )
    yield _at_most(
        "cold start: time, as a multiple of a bare handler's", first[HTTP].over(first[BARE]), 1.25
    )
    yield _at_most(
        "cold start: event door, as a share of the HTTP door", first[EVENT].over(first[HTTP]), 1
    )


def _memory(results: Results) -> Iterator[Target]:
    if results.memory is None:
        yield _unmeasured("resident memory")
        return
    early, late = results.memory.steps[-2:]
    megabytes = late.rss_bytes / 1e6
    yield Target(
        f"resident memory after {late.requests:,} requests",
        "at most 200 MB",
        f"{megabytes:.0f} MB",
        megabytes <= 200,
    )
    grown = late.rss_bytes / early.rss_bytes - 1
    claim = f"its growth since {early.requests:,} requests"
    yield Target(claim, "at most 5 %", f"{grown:.1%}", grown <= 0.05)
    claim = f"time of an answer after {late.requests:,} requests, against after {early.requests:,}"
    yield _at_most(claim, results.memory.late_ms.over(results.memory.early_ms), 1.1)


def _cost(results: Results) -> Iterator[Target]:
    if results.cost is None:
        yield _unmeasured("cost of 20,000 pictures")
        return
    size = cheapest(results.cost, _WARM_MS)
    claim = "20,000 pictures, cheapest memory size that answers within 100 ms"
    found = f"${size.dollars:.4f} with {size.memory_mb:,} MB" if size else "no size is that quick"
    yield Target(claim, "under $0.06", found, size is not None and size.dollars < 0.06)


def _growth(results: Results) -> Iterator[Target]:
    if results.pictures is None:
        yield _unmeasured("pictures in a request")
        return
    first, last = results.pictures[0], results.pictures[-1]
    ratio = Spread.of(each / int(last.at) for each in last.p50_ms.rounds).over(first.p50_ms)
    yield _at_most(
        f"time for each of {last.at} pictures in a request, against one alone", ratio, 1.1
    )


def _swaps(results: Results) -> Iterator[Target]:
    memory = (results.swaps or {}).get("rss_mb_after")
    if not isinstance(memory, dict) or len(memory) < 2:
        yield _unmeasured("swaps")
        return
    (early, before), (late, after) = sorted((int(at), mb) for at, mb in memory.items())[-2:]
    claim = f"resident memory after {late} swaps, against after {early}"
    ratio = after / before
    yield Target(claim, "at most 1.10 times", f"{ratio:.2f}", ratio <= 1.10)
    for claim, name, most in (
        ("p99 while models are swapped, against without", "p99_ratio", 2.0),
        ("wrong answers while models are swapped", "wrong_answers", 0.0),
        ("swaps that failed", "failed_swaps", 0.0),
    ):
        found = (results.swaps or {}).get(name)
        if isinstance(found, int | float):
            yield Target(claim, f"at most {most:g}", significant(found), found <= most)


def _draft(results: Results) -> Iterator[Target]:
    for step in results.draft or ():
        share = step.same / step.pictures
        claim = f"same answer with and without `draft`, pictures enlarged {step.enlarged}×"
        found = f"{share:.1%} of {step.pictures}"
        # One picture of four weighs more than the promise can say anything about.
        kept = share >= 0.995 if step.pictures >= _FEW_PICTURES else None
        yield Target(claim, "at least 99.5 %", found, kept)


def _at_most(claim: str, ratio: Spread, most: float) -> Target:
    return Target(claim, f"at most {most:g}", ratio.text(), ratio.median <= most)


def _at_least(claim: str, ratio: Spread, least: float) -> Target:
    return Target(claim, f"at least {least:g}", ratio.text(), ratio.median >= least)


def _unmeasured(what: str) -> Target:
    return Target(what, "", "not measured in this run", None)
