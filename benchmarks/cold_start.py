"""Cold starts in AWS's runtime emulator: `python -m benchmarks.cold_start [--rounds 5]`.

Each round starts a fresh emulator and runtime for each entry and times its first answer, which
includes the imports, the model and one picture, then the next ten, and reads the resident memory
of the runtime's process. Rounds alternate between the entries, so that all see the same machine;
one round before them is not counted, because it fills the caches of the file system.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.environments import PEERS
from benchmarks.load import form
from benchmarks.networks import KERAS, bundle, class_of, network_folder
from benchmarks.photographs import photographs
from benchmarks.spread import Spread
from benchmarks.workshop import say
from inference.manifest import MODEL_FILE
from tests.api import events
from tests.servers.emulator import Emulator, emulator
from tests.servers.seaweed import Seaweed, seaweed

WARM_ANSWERS = 10
HTTP, EVENT, BARE, KERAS_PEER = (
    "Microlens, HTTP",
    "Microlens, S3 event",
    "bare handler",
    "FastAPI + Keras",
)
_NETWORK = "mobilenet_v2"


@dataclass(frozen=True, slots=True)
class ColdStart:
    """What the rounds of one entry gave."""

    first_seconds: Spread
    warm_ms: Spread
    rss_bytes: Spread


@dataclass(frozen=True)
class Entry:
    """A handler, how it is started, an event that it answers, and where its answer is."""

    start: Callable[[], AbstractContextManager[Emulator]]
    event: Callable[[], dict[str, Any]]
    answer: Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(slots=True)
class _Rounds:
    first_seconds: list[float] = field(default_factory=list)
    warm_ms: list[float] = field(default_factory=list)
    rss_bytes: list[float] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """One cold start and some warm answers."""
        with entry.start() as function:
            first = _seconds(entry, function)
            warm = [_seconds(entry, function) * 1e3 for _ in range(WARM_ANSWERS)]
            self.first_seconds.append(first)
            self.warm_ms.append(statistics.median(warm))
            self.rss_bytes.append(function.rss_bytes())


def measure_cold_starts(rounds: int) -> dict[str, ColdStart]:
    """Rounds over all entries."""
    with _entries() as entries:
        say("cold starts: one round that is not counted")
        for entry in entries.values():
            _Rounds().add(entry)
        found = {name: _Rounds() for name in entries}
        for number in range(rounds):
            say(f"cold starts: round {number + 1} of {rounds}")
            for name, entry in entries.items():
                found[name].add(entry)
    return {
        name: ColdStart(Spread.of(of.first_seconds), Spread.of(of.warm_ms), Spread.of(of.rss_bytes))
        for name, of in found.items()
    }


@contextmanager
def _entries() -> Iterator[dict[str, Entry]]:
    """Our two doors, the least that a handler can be, and FastAPI with Keras."""
    picture = photographs("640x480")[0].read_bytes()
    model = bundle(_NETWORK)
    tflite, keras = model / MODEL_FILE["litert"], network_folder(_NETWORK) / KERAS
    raw = events.http("http_api_v2", picture, "image/jpeg")
    content_type, body = form("image", [picture])
    multipart = events.http("http_api_v2", body, content_type)
    with seaweed() as server, tempfile.TemporaryDirectory() as results:
        yield {
            HTTP: Entry(
                lambda: emulator("api.http_handler.handler", {"MICROLENS_MODEL": str(model)}),
                lambda: raw,
                _body,
            ),
            EVENT: _event_entry(server, picture, model, Path(results)),
            BARE: Entry(
                lambda: emulator("function.handler", {"MODEL": str(tflite)}, PEERS / "bare"),
                lambda: raw,
                _body,
            ),
            KERAS_PEER: Entry(
                lambda: emulator(
                    "function.handler",
                    {"MODEL": str(keras), "TF_CPP_MIN_LOG_LEVEL": "3"},
                    PEERS / "fastapi_keras",
                ),
                lambda: multipart,
                _body,
            ),
        }


def _event_entry(server: Seaweed, picture: bytes, model: Path, results: Path) -> Entry:
    """The event door, with a picture in a bucket and results in a folder."""
    s3 = server.client()
    s3.create_bucket(Bucket="pictures")
    s3.put_object(Bucket="pictures", Key="photo.jpg", Body=picture)
    env = {
        **server.environment(),
        "MICROLENS_MODEL": str(model),
        "MICROLENS_RESULTS": str(results),
        "MICROLENS_BUCKETS": "pictures",
    }

    def answer(_: dict[str, Any]) -> dict[str, Any]:
        (result,) = results.rglob("*.json")
        document: dict[str, Any] = json.loads(result.read_bytes())
        return document

    return Entry(
        lambda: emulator("api.event_handler.handler", env),
        # A later sequencer each time: the same event again would only be passed over.
        lambda: events.s3_put("pictures", "photo.jpg", sequencer=f"{time.time_ns():020X}"),
        answer,
    )


def _body(reply: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(reply["body"])
    return document


def _seconds(entry: Entry, function: Emulator) -> float:
    """How long one invocation takes; its answer must be the right one."""
    event = entry.event()
    start = time.perf_counter()
    reply = function.invoke(event)
    seconds = time.perf_counter() - start
    if "errorType" in reply or reply.get("statusCode", 200) != 200:
        raise SystemExit(f"the function failed: {reply}; its log:\n{function.log()}")
    best = entry.answer(reply)["predictions"][0]["index"]
    if best != class_of(0):
        raise SystemExit(f"the function finds class {best} instead of {class_of(0)}")
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    figures = measure_cold_starts(rounds)
    print(f"{rounds} rounds: median (smallest–largest)")
    print(f"{'entry':20} {'first answer, s':>22} {'next, ms':>22} {'resident, MB':>22}")
    for name, each in figures.items():
        resident = Spread.of(value / 1e6 for value in each.rss_bytes.rounds)
        texts = (each.first_seconds.text(), each.warm_ms.text(), resident.text())
        print(f"{name:20} {texts[0]:>22} {texts[1]:>22} {texts[2]:>22}")


if __name__ == "__main__":
    main()
