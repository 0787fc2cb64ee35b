"""Warm answers: latency and throughput of all contenders and of the floor, side by side.

All servers are started once and are paused (SIGSTOP) unless it is their turn, so that only one of
them has the machine and none pays for a start again. In every round everybody is measured on
everything, one after the other and in another order each time: what the machine does meanwhile
meets all alike, and a ratio within a round is worth more than any figure alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from benchmarks.contenders import Contender, Running, wait_until_ready
from benchmarks.floor import measure_floor
from benchmarks.load import Answer, drive
from benchmarks.networks import bundle, class_of
from benchmarks.photographs import photographs
from benchmarks.spread import Spread, percentile
from benchmarks.workshop import say
from inference.cores import cores
from inference.manifest import MODEL_FILE

FLOOR = "floor"


@dataclass(frozen=True, slots=True)
class Case:
    """What is sent, over how many connections, and for how long in each round."""

    picture: str
    connections: int
    seconds: float

    @property
    def name(self) -> str:
        """As tables name it."""
        return f"{self.picture}, {self.connections} connection{'s' * (self.connections > 1)}"


@dataclass(frozen=True, slots=True)
class Measured:
    """What the rounds of one contender gave in one case; `wrong` answers are not the floor's."""

    p50_ms: Spread
    p99_ms: Spread
    rate: Spread
    answers: int
    wrong: int


@dataclass(slots=True)
class _Rounds:
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    answers: int = 0
    wrong: int = 0

    def add(self, milliseconds: list[float], rate: float, wrong: int = 0) -> None:
        self.p50_ms.append(percentile(milliseconds, 0.5))
        self.p99_ms.append(percentile(milliseconds, 0.99))
        self.rate.append(rate)
        self.answers += len(milliseconds)
        self.wrong += wrong

    def measured(self) -> Measured:
        return Measured(
            Spread.of(self.p50_ms),
            Spread.of(self.p99_ms),
            Spread.of(self.rate),
            self.answers,
            self.wrong,
        )


@dataclass(frozen=True, slots=True)
class Warm:
    """`figures[contender][case]`, the floor among them, and memory after all that."""

    figures: dict[str, dict[str, Measured]]
    resident_bytes: dict[str, int]


def cases(scale: float) -> list[Case]:
    """The four cases; `scale` shortens all of them alike."""
    long = {"640x480": 2.0, "12MP": 3.0}
    return [
        Case(picture, connections, seconds * scale)
        for picture, seconds in long.items()
        for connections in (1, 8)
    ]


def measure_warm(contenders: list[Contender], rounds: int, scale: float) -> Warm:
    """Rounds over all contenders and cases."""
    names = [FLOOR, *(each.name for each in contenders)]
    found = {name: {case.name: _Rounds() for case in cases(scale)} for name in names}
    with ExitStack() as stack:
        servers = {each.name: stack.enter_context(_paused(each)) for each in contenders}
        for number in range(rounds):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                say(f"round {number + 1} of {rounds}: {name}")
                for case in cases(scale):
                    if name == FLOOR:
                        _floor(case, found[name][case.name])
                    else:
                        contender = next(each for each in contenders if each.name == name)
                        with servers[name].awake() as server:
                            _serve(contender, server, case, found[name][case.name])
        memory = {name: server.resident_bytes() for name, server in servers.items()}
    figures = {
        name: {case: rounds.measured() for case, rounds in by_case.items()}
        for name, by_case in found.items()
    }
    return Warm(figures, memory)


@contextmanager
def _paused(contender: Contender) -> Iterator[Running]:
    say(f"starting {contender.name}")
    with contender.running() as server:
        wait_until_ready(server, contender.request(photographs("640x480")[0].read_bytes()))
        server.pause()
        yield server


def _floor(case: Case, into: _Rounds) -> None:
    """One thread for one connection; for several, as many as there are cores to use."""
    threads = 1 if case.connections == 1 else cores()
    model = bundle("mobilenet_v2") / MODEL_FILE["litert"]
    pictures = photographs(case.picture)
    floor = measure_floor(model, pictures, threads, case.seconds)
    expected = [class_of(photo) for photo in range(len(pictures))]
    if floor.answers != expected:
        raise SystemExit(f"the floor answers {floor.answers} instead of {expected}")
    into.add(floor.milliseconds, floor.rate)


def _serve(contender: Contender, server: Running, case: Case, into: _Rounds) -> None:
    requests = [contender.request(path.read_bytes()) for path in photographs(case.picture)]
    drive(server.port, requests, case.connections, most=case.connections)  # warm again
    load = drive(server.port, requests, case.connections, seconds=case.seconds)
    wrong = sum(not is_right(each, len(requests)) for each in load.answers)
    into.add([each.milliseconds for each in load.answers], load.rate, wrong)


def is_right(answer: Answer, pictures: int) -> bool:
    """Whether the best class is the one that the floor finds in this picture."""
    if answer.status != 200:
        return False
    best = json.loads(answer.body)["predictions"][0]["index"]
    return bool(best == class_of(answer.request % pictures))
