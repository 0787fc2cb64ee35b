"""How time grows: with pictures in a request, with connections, with the model."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from benchmarks.contenders import Running, microlens, ours, wait_until_ready
from benchmarks.floor import measure_floor
from benchmarks.load import Load, drive
from benchmarks.networks import FLOAT32, INT8, NETWORKS, bundle
from benchmarks.photographs import photographs
from benchmarks.spread import Spread, percentile
from benchmarks.workshop import say
from inference.manifest import MODEL_FILE

PICTURES = (1, 8, 64)
CONNECTIONS = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True, slots=True)
class Step:
    """One point of a curve: median and 99th percentile of a request, and requests a second."""

    at: str
    p50_ms: Spread
    p99_ms: Spread
    rate: Spread


@dataclass(frozen=True, slots=True)
class ModelStep:
    """A network in one kind of numbers: the service's median answer beside the floor's."""

    network: str
    scheme: str
    bytes: int
    p50_ms: Spread
    floor_p50_ms: Spread
    rss_bytes: int


def by_pictures(rounds: int, seconds: float) -> list[Step]:
    """Requests of 1, 8 and 64 pictures, one connection."""
    contender = ours()
    photos = [path.read_bytes() for path in photographs("640x480")]
    loads: dict[int, list[Load]] = {count: [] for count in PICTURES}
    with contender.running() as server:
        wait_until_ready(server, contender.request(photos[0]))
        for number in range(rounds):
            say(f"pictures in a request: round {number + 1} of {rounds}")
            for count, found in loads.items():
                request = contender.request(*(photos * count)[:count])
                drive(server.port, [request], 1, most=1)
                found.append(_checked(drive(server.port, [request], 1, seconds=seconds)))
    return [_step(str(count), found) for count, found in loads.items()]


def by_connections(rounds: int, seconds: float) -> list[Step]:
    """One picture in a request, over 1 to 64 connections."""
    contender = ours()
    requests = [contender.request(path.read_bytes()) for path in photographs("640x480")]
    loads: dict[int, list[Load]] = {count: [] for count in CONNECTIONS}
    with contender.running() as server:
        wait_until_ready(server, requests[0])
        for number in range(rounds):
            say(f"connections: round {number + 1} of {rounds}")
            for count, found in loads.items():
                drive(server.port, requests, count, most=count)
                found.append(_checked(drive(server.port, requests, count, seconds=seconds)))
    return [_step(str(count), found) for count, found in loads.items()]


def by_model(rounds: int, seconds: float) -> list[ModelStep]:
    """Every network in float32 and int8, one connection; all servers but one are paused."""
    contender = ours()
    requests = [contender.request(path.read_bytes()) for path in photographs("640x480")]
    models = [(name, scheme) for name in NETWORKS for scheme in (FLOAT32, INT8)]
    times: dict[tuple[str, str], list[float]] = {each: [] for each in models}
    floors: dict[tuple[str, str], list[float]] = {each: [] for each in models}
    with ExitStack() as stack:
        servers = {each: _started(stack, each, requests[0]) for each in models}
        for number in range(rounds):
            say(f"models: round {number + 1} of {rounds}")
            for each, server in servers.items():
                floor = measure_floor(
                    bundle(*each) / MODEL_FILE["litert"], photographs("640x480"), 1, seconds
                )
                floors[each].append(percentile(floor.milliseconds, 0.5))
                server.resume()
                drive(server.port, requests, 1, most=2)
                load = _checked(drive(server.port, requests, 1, seconds=seconds))
                server.pause()
                times[each].append(percentile((one.milliseconds for one in load.answers), 0.5))
        rss = {each: server.rss_bytes() for each, server in servers.items()}
    size = {each: (bundle(*each) / MODEL_FILE["litert"]).stat().st_size for each in models}
    return [
        ModelStep(*each, size[each], Spread.of(times[each]), Spread.of(floors[each]), rss[each])
        for each in models
    ]


def _started(stack: ExitStack, model: tuple[str, str], request: bytes) -> Running:
    server = stack.enter_context(microlens(bundle(*model)))
    wait_until_ready(server, request)
    server.pause()
    return server


def _checked(load: Load) -> Load:
    if any(answer.status != 200 for answer in load.answers):
        raise SystemExit("not every request was answered with 200")
    return load


def _step(at: str, loads: list[Load]) -> Step:
    times = [[answer.milliseconds for answer in load.answers] for load in loads]
    median, tail = partial(percentile, share=0.5), partial(percentile, share=0.99)
    rates = Spread.of(load.rate for load in loads)
    return Step(at, Spread.of(map(median, times)), Spread.of(map(tail, times)), rates)
