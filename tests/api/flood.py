"""Thousands of events about a few hundred pictures: repeated, in any order, with faults."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from PIL import Image

from api.events import Arrival
from api.ingest.finishing import Finisher
from api.ingest.ingest import Ingest
from inference.classifier import Classifier
from inference.errors import SourceUnavailable
from inference.settings import read_settings
from inference.stores import Blob, Store
from tests.api import events
from tests.inference.tiny import COLOURS, write_tiny

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Put:
    """One of the pictures that were put under a key, one after another; the last is the newest."""

    key: str
    colour: str
    arrival: Arrival


def paint(colour: str, size: int = 6) -> bytes:
    """A PNG of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(file, "PNG")
    return file.getvalue()


def put_pictures(s3: S3Client, bucket: str, keys: int, versions: int) -> list[list[Put]]:
    """Put `versions` pictures under each key of a versioned bucket; by key, oldest first."""
    chance = random.Random(8)  # noqa: S311 - the same each time
    history = []
    for number in range(keys):
        key = f"album {number % 7}/p+{number}.png"
        history.append([put(s3, bucket, key, version, chance) for version in range(versions)])
    return history


def put(s3: S3Client, bucket: str, key: str, version: int, chance: random.Random) -> Put:
    """Put a picture of a colour under a key, the first there as `version` 0."""
    colour = chance.choice(COLOURS)
    said = s3.put_object(Bucket=bucket, Key=key, Body=paint(colour))
    # Of growing length, as real ones are now and then.
    sequencer = f"0055AED6{version * 16 + 1:04X}" + "0" * chance.randrange(3)
    etag = said["ETag"].strip('"')
    return Put(key, colour, Arrival(bucket, key, said.get("VersionId"), etag, sequencer))


def flood(history: list[list[Put]], count: int) -> list[Event]:
    """`count` events: each put's own, and repetitions, in all shapes and in a random order.

    The two newest of every other key come once, last of all and side by side, so that two workers
    have them in hand at the same time and nothing mends afterwards what they do to each other.
    """
    chance = random.Random(9)  # noqa: S311 - the same each time
    pairs = [puts[-2:] for puts in history[::2]]
    for pair in pairs:
        chance.shuffle(pair)
    last = [put.arrival for pair in pairs for put in pair]
    early = [put.arrival for puts in history for put in puts if put.arrival not in last]
    early += [chance.choice(early) for _ in range(count - len(early) - len(last))]
    chance.shuffle(early)
    return [announce(arrival, chance) for arrival in early + last]


def announce(arrival: Arrival, chance: random.Random) -> Event:
    """An event about the picture, in any shape."""
    way = chance.randrange(4)
    if way == 0:
        event = events.eventbridge(arrival.bucket, arrival.key, arrival.sequencer)
        event["detail"]["object"] |= {"version-id": arrival.version_id, "etag": arrival.etag}
        return event
    event = events.s3_put(arrival.bucket, arrival.key, sequencer=arrival.sequencer)
    about = {"versionId": arrival.version_id, "eTag": arrival.etag}
    event["Records"][0]["s3"]["object"] |= about
    return [event, event, events.sqs(event), events.sns(event)][way]


@dataclass
class Flaky:
    """A store that now and then fails before it has done its work, and now and then after."""

    store: Store
    chance: random.Random = field(
        default_factory=lambda: random.Random(10)  # noqa: S311 - the same each time
    )
    faults: int = 0
    lock: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        return self.store.url

    @property
    def is_local(self) -> bool:
        return self.store.is_local

    def read(self, key: str) -> Blob | None:
        self._fail(0.01)
        return self.store.read(key)

    def create(self, key: str, data: bytes) -> str:
        self._fail(0.05)
        tag = self.store.create(key, data)
        self._fail(0.05)
        return tag

    def replace(self, key: str, data: bytes, etag: str) -> str:
        self._fail(0.05)
        tag = self.store.replace(key, data, etag)
        self._fail(0.05)
        return tag

    def _fail(self, probability: float) -> None:
        with self.lock:
            fails = self.chance.random() < probability
            self.faults += fails
        if fails:
            raise SourceUnavailable("as it was told")


def classifier(folder: Path) -> Classifier:
    """One that knows red from green from blue."""
    write_tiny(folder)
    return Classifier.of(read_settings({"MICROLENS_MODEL": str(folder)}))


def workers(classifier: Classifier, stores: list[Any]) -> Iterator[Ingest]:
    """A worker for each store: they share nothing but what the stores share."""
    for store in stores:
        yield Ingest(Finisher(classifier, store))
