"""What a swap costs those who are asking meanwhile: latencies and memory over 100 swaps.

    python -m benchmarks.swaps [--swaps 100] [--connections 8] [--every 0]

Two releases of the default model replace each other under a steady load on a real uvicorn. With
`--every` seconds between two swaps, instead of one right after the other.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from benchmarks.load import Answer, drive, post
from benchmarks.spread import percentile
from inference.stores import Store, open_store
from tests.api.swapping import (
    MARK,
    NAME,
    STAGE,
    point,
    rss_bytes,
    two_releases,
)
from tests.servers.uvicorn import uvicorn

WARM_UP_ANSWERS = 200
QUIET_ANSWERS = 2_000
REFRESH_SECONDS = 0.05

_POLL_SECONDS = 0.02
_CHUNK_SECONDS = 0.5


def main() -> None:
    """Measure, and print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--swaps", type=int, default=100)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--every", type=float, default=0.0, help="seconds between two swaps")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        print(json.dumps(measure(Path(root), wanted.swaps, wanted.connections, wanted.every)))


def measure(root: Path, swaps: int, connections: int, every: float) -> dict[str, object]:
    """The figures of so many swaps under so many connections."""
    store = open_store(str(root))
    releases = two_releases(store)
    point(store, releases[0])
    environment = {
        "MICROLENS_MODEL": f"{root}/{NAME}@{STAGE}",
        "MICROLENS_REFRESH_SECONDS": str(REFRESH_SECONDS),
    }
    requests = [post("/classify", "image/png", _chelsea())]
    with (
        uvicorn(environment) as server,
        httpx.Client(base_url=server.url, timeout=60, trust_env=False) as service,
        ThreadPoolExecutor(1) as beside,
    ):
        port = urlsplit(server.url).port or 0
        drive(port, requests, connections, most=WARM_UP_ANSWERS)
        without = drive(port, requests, connections, most=QUIET_ANSWERS).answers
        pid = server.server.process.pid
        swapping = beside.submit(_swap, service, store, releases, swaps, every, pid)
        during: list[Answer] = []
        while not swapping.done():
            during += drive(port, requests, connections, seconds=_CHUNK_SECONDS).answers
        memory = swapping.result()
        report = service.get("/model").json()
    p50, p99 = (
        {"without": _percentile(without, share), "during": _percentile(during, share)}
        for share in (0.5, 0.99)
    )
    return {
        "swaps": report["swaps"] - 1,
        "failed_swaps": report["failed_swaps"],
        "answers": len(without) + len(during),
        "wrong_answers": sum(not _is_right(each, releases[0]) for each in [*without, *during]),
        "p50_ms": p50,
        "p99_ms": p99,
        "p99_ratio": p99["during"] / p99["without"],
        "rss_mb_after": memory,
    }


def _swap(
    service: httpx.Client,
    store: Store,
    releases: tuple[str, str],
    swaps: int,
    every: float,
    pid: int,
) -> dict[int, int]:
    """Swap, each time as soon as the last is seen; megabytes of the process after some of them."""
    pause = threading.Event()
    memory = {}
    for number in range(1, swaps + 1):
        release = releases[number % 2]
        point(store, release)
        # Asked seldom: who asks all the time takes from the cores what is to be measured.
        while service.get("/model").json()["model"]["release"] != release:
            pause.wait(_POLL_SECONDS)
        pause.wait(every)
        if number in (1, 5, swaps):
            memory[number] = rss_bytes(pid) // 2**20
        if sys.stderr.isatty():
            print(f"\r{number} of {swaps} swaps", end="", file=sys.stderr)
    return memory


def _percentile(answers: list[Answer], share: float) -> float:
    return percentile([each.milliseconds for each in answers], share)


def _is_right(answer: Answer, plain: str) -> bool:
    """Whether it is an answer, and its labels are those of the release that it names."""
    if answer.status != 200:
        return False
    document = json.loads(answer.body)
    marked = {each["label"].startswith(MARK) for each in document["predictions"]}
    return marked == {document["model"]["release"] != plain}


def _chelsea() -> bytes:
    """A photograph of a cat, 451×300, from scikit-image, which is not imported for it."""
    spec = find_spec("skimage")
    if spec is None or spec.origin is None:
        raise SystemExit("scikit-image is not installed; see CONTRIBUTING.md")
    return (Path(spec.origin).parent / "data" / "chelsea.png").read_bytes()


if __name__ == "__main__":
    main()
