"""Cold starts in AWS's runtime emulator: `python -m benchmarks.cold_start [--rounds 5]`.

Each round starts a fresh emulator and runtime for each entry and times its first answer, which
includes the imports, the model and one picture, then the next ten, and reads the resident memory
of the runtime's process. Rounds alternate between the entries, so that both see the same machine.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.api import events
from tests.servers.emulator import Emulator, emulator
from tests.servers.seaweed import Seaweed, seaweed

WARM_ANSWERS = 10


@dataclass
class Measured:
    """What the rounds of one entry gave."""

    first_seconds: list[float] = field(default_factory=list)
    warm_seconds: list[float] = field(default_factory=list)
    rss_bytes: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        first = self.first_seconds
        spread = f"({min(first):.2f}–{max(first):.2f})"
        warm = statistics.median(self.warm_seconds) * 1e3
        memory = statistics.median(self.rss_bytes) / 1e6
        return f"{statistics.median(first):8.2f} s {spread:11} {warm:11.1f} ms {memory:7.0f} MB"


@dataclass(frozen=True)
class Entry:
    """A handler, how it is started, and an event that it answers."""

    start: Callable[[], AbstractContextManager[Emulator]]
    event: Callable[[int], dict[str, Any]]

    def measure(self, into: Measured) -> None:
        """One cold start and some warm answers."""
        with self.start() as function:
            into.first_seconds.append(self._time(function, 0))
            into.warm_seconds.extend(self._time(function, n + 1) for n in range(WARM_ANSWERS))
            into.rss_bytes.append(function.rss_bytes())

    def _time(self, function: Emulator, number: int) -> float:
        event = self.event(number)
        start = time.perf_counter()
        answer = function.invoke(event)
        seconds = time.perf_counter() - start
        if "errorType" in answer or answer.get("statusCode", 200) != 200:
            raise SystemExit(f"the function failed: {answer}")
        return seconds


def entries(server: Seaweed, results: Path) -> dict[str, Entry]:
    """The HTTP entry with an upload, and the S3 entry with a picture in a bucket."""
    picture = _picture()
    s3 = server.client()
    s3.create_bucket(Bucket="pictures")
    s3.put_object(Bucket="pictures", Key="flower.jpg", Body=picture)
    event_env = {**server.environment(), "MICROLENS_RESULTS": str(results)}
    return {
        "HTTP": Entry(
            lambda: emulator("api.http_handler.handler"),
            lambda _: events.http("http_api_v2", picture, "image/jpeg"),
        ),
        "S3 event": Entry(
            lambda: emulator("api.event_handler.handler", event_env),
            # A later sequencer each time: the same event again would only be passed over.
            lambda _: events.s3_put("pictures", "flower.jpg", sequencer=f"{time.time_ns():020X}"),
        ),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with seaweed() as server, tempfile.TemporaryDirectory() as results:
        found = entries(server, Path(results))
        measured = {name: Measured() for name in found}
        for _ in range(rounds):
            for name, entry in found.items():
                entry.measure(measured[name])
    print(f"{rounds} rounds, medians (and the spread of first answers)")
    print(f"{'entry':10} {'first answer':>22} {'next answers':>14} {'resident':>10}")
    for name, figures in measured.items():
        print(f"{name:10} {figures}")


def _picture() -> bytes:
    """A 640x427 JPEG from scikit-learn's package."""
    spec = find_spec("sklearn")
    if spec is None or spec.origin is None:
        raise SystemExit("scikit-learn is not installed: make install-dev")
    return (Path(spec.origin).parent / "datasets" / "images" / "flower.jpg").read_bytes()


if __name__ == "__main__":
    main()
