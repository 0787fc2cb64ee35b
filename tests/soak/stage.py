"""The surroundings of a soak: buckets, a registry whose stage moves, faults, and three clients."""

from __future__ import annotations

import io
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from PIL import Image

from inference import layout
from inference.stores import Store
from tests.api import events
from tests.api.swapping import NAME, STAGE, point, two_releases
from tests.cli.command import microlens
from tests.servers.emulator import Emulator
from tests.servers.faults import Answer, CutReply, Fault, Garble, Request
from tests.soak.doors import FAULTS, Door, outcome
from tests.soak.ledger import Ledger

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REFRESH_FAULTS: tuple[Fault, ...] = (Answer(503), CutReply(50), Garble(100), Answer(404))
"""What meets every seventh request for the registry, one after another."""

KEYS = 20
"""Pictures that events tell of, again and again."""


@dataclass
class Stage:
    """Where the soak takes place: `photos` is read, `results` written, the registry moves."""

    photos: str
    results: str
    registry: Store
    over: threading.Event = field(default_factory=threading.Event)
    is_warm: bool = False
    """Whether both services have a model: without a first one there is nothing to go on with."""
    swaps: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def model(self) -> str:
        """The stage, as a setting names it."""
        return f"{self.registry.url}/{NAME}@{STAGE}"

    def plan(self, request: Request) -> Fault | None:
        """The fault of a request to S3: by the key of a picture, by turns in the registry."""
        for name, (fault, _) in FAULTS.items():
            if f"/{name}/" in request.path:
                self.faults[name] += 1
                return fault
        if self.is_warm and "/registry/" in request.path and request.number % 7 == 0:
            self.faults["registry"] += 1
            return REFRESH_FAULTS[request.number // 7 % len(REFRESH_FAULTS)]
        return None

    def swap(self, releases: Sequence[str], every_seconds: float) -> None:
        """Move the stage to and fro; each third time to a release that is refused."""
        number = 0
        while not self.over.wait(every_seconds):
            number += 1
            point(self.registry, releases[2] if number % 3 == 2 else releases[number // 2 % 2])
            self.swaps += 1


def set_up(s3: S3Client, photos: str, results: str, picture: bytes, registry: Store) -> list[str]:
    """Buckets with what the doors ask for; two good releases, and one whose network is damaged."""
    for bucket in (photos, results):
        s3.create_bucket(Bucket=bucket)
    for folder in ("ok", *FAULTS):
        s3.put_object(Bucket=photos, Key=f"{folder}/0.jpg", Body=picture)
    for number in range(1, KEYS):
        s3.put_object(Bucket=photos, Key=f"ok/{number}.jpg", Body=picture)
    good = two_releases(registry)
    broken = "0" * 63 + "1"
    for key in list(registry.list(layout.release(NAME, good[0]))):
        blob = registry.read(key)
        assert blob is not None
        registry.create(key.replace(good[0], broken), blob.data)
    point(registry, good[0])
    return [*good, broken]


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
    return pictures


def deliver(function: Emulator, stage: Stage, ledger: Ledger) -> None:
    """Invoke the event function until it is over, now and then with what it must refuse."""
    number = 0
    while not stage.over.is_set():
        number += 1
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
def beside(*works: Callable[[], object]) -> Iterator[list[object]]:
    """Run `works` in threads while the block lasts, and raise what one of them raised."""
    failures: list[BaseException] = []
    results: list[object] = []

    def run(work: Callable[[], object]) -> None:
        try:
            results.append(work())
        except BaseException as exc:  # noqa: BLE001 - raised again below, in the thread that waits
            failures.append(exc)

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


def photograph() -> bytes:
    """A JPEG of 800x600 with something in every part of it."""
    file = io.BytesIO()
    noise = Image.effect_noise((800, 600), 60).convert("RGB")
    Image.blend(noise, Image.linear_gradient("L").resize((800, 600)).convert("RGB"), 0.6).save(
        file, "JPEG", quality=85
    )
    return file.getvalue()
