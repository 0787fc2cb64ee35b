"""Who asks during a soak: callers over HTTP, AWS's events, and somebody at the command line."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.api import events
from tests.cli.command import microlens
from tests.invariants.answers import Answer, wrong_with, wrong_with_reply
from tests.servers.emulator import Emulator
from tests.soak.doors import Door, outcome
from tests.soak.ledger import Ledger
from tests.soak.stage import KEYS, SLOW, Stage


def fill_pools(url: str, stage: Stage, ledger: Ledger, at_once: int) -> int:
    """So many requests wait for S3 at the same moment; how many pictures were sent.

    A pool makes a thread for whoever finds none idle, and none is idle for an instant after its
    work: from twice as many as ever ask at once on, it has all that it will come to need.
    """
    door, body = "S3: slow", {"url": f"s3://{stage.photos}/{SLOW}/0.jpg"}

    def ask() -> None:
        ledger.sends(door, "200")
        response = httpx.post(f"{url}/classify", json=body, timeout=120, trust_env=False)
        ledger.came(door, outcome(response), response.text[:200])

    with beside(stage.over, *[ask] * at_once):
        pass
    return at_once


def knock(url: str, doors: Sequence[Door], ledger: Ledger, over: threading.Event, seed: int) -> int:
    """Ask by one door after another at random until it is over; how many pictures were sent."""
    chance = random.Random(seed)  # noqa: S311 - which door comes next
    weights = [door.weight for door in doors]
    pictures = 0
    with httpx.Client(base_url=url, timeout=120, trust_env=False) as client:
        while not over.is_set():
            (door,) = chance.choices(doors, weights)
            ledger.sends(door.name, door.expected)
            try:
                response = door.send(client)
            except httpx.HTTPError as exc:
                ledger.came(door.name, type(exc).__name__, str(exc))
                continue
            pictures += door.pictures
            ledger.came(door.name, outcome(response), response.text[:200])
            ledger.objects(wrong_with(Answer.over_http(response)))
    return pictures


def deliver(function: Emulator, stage: Stage, ledger: Ledger) -> None:
    """Invoke the event function until it is over, now and then with what it must refuse."""
    while not stage.over.is_set():
        number = next(stage.events)
        key, sequencer = f"ok/{number % KEYS}.jpg", f"{number:016X}"
        good = events.s3_put(stage.photos, key, sequencer=sequencer)
        bad: tuple[str, Any, str] = ("event: no event", {"x": number}, "BadRequest")
        name, event, expected = {
            3: bad,
            5: ("event: a fault of S3", _of_a_fault(stage.photos), "SourceUnavailable"),
            7: ("event: in a queue", events.sqs(good), "[]"),
        }.get(number % 9, ("event: S3", good, "1"))
        ledger.sends(name, expected)
        reply = function.invoke(event)
        said = reply.get("errorType") or reply.get("pictures", reply.get("batchItemFailures"))
        ledger.came(name, str(said), json.dumps(reply)[:200])
        ledger.objects(wrong_with_reply(event, reply))


def _of_a_fault(bucket: str) -> events.Event:
    return events.s3_put(bucket, "fault-503/0.jpg")


def command(
    picture: Path, broken: Path, ledger: Ledger, over: threading.Event, every: float
) -> None:
    """Run the command line now and then, with a picture and with what is none."""
    while not over.wait(every):
        for name, path, expected in (
            ("microlens classify", picture, "exit 0"),
            ("microlens classify, no picture", broken, "exit 1"),
        ):
            ledger.sends(name, expected)
            ran = microlens("classify", path, "--json")
            ledger.came(name, f"exit {ran.code}", ran.stderr[-300:])


@contextmanager
def beside(over: threading.Event, *works: Callable[[], object]) -> Iterator[list[object]]:
    """Run `works` in threads while the block lasts, and raise what one of them raised.

    It is `over` for all of them when one has failed.
    """
    failures: list[BaseException] = []
    results: list[object] = []

    def run(work: Callable[[], object]) -> None:
        try:
            results.append(work())
        except BaseException as exc:  # noqa: BLE001 - raised again below, in the thread that waits
            failures.append(exc)
            over.set()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield results
    finally:
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
