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
from importlib.util import find_spec
from pathlib import Path

import httpx

from inference.stores import open_store
from tests.api.swapping import (
    NAME,
    STAGE,
    point,
    rss_bytes,
    steady_load,
    swap_to,
    two_releases,
)
from tests.servers.uvicorn import uvicorn

WARM_UP_ANSWERS = 200
QUIET_ANSWERS = 2_000
REFRESH_SECONDS = 0.05


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
    pause = threading.Event()
    with (
        uvicorn(environment) as server,
        httpx.Client(base_url=server.url, timeout=60, trust_env=False) as service,
        steady_load(server.url, _chelsea(), releases[0], connections) as load,
    ):
        while len(load.seconds) < WARM_UP_ANSWERS + QUIET_ANSWERS:
            pause.wait(0.1)
        quiet = len(load.seconds)
        memory = {}
        for number in range(1, swaps + 1):
            swap_to(service, store, releases[number % 2])
            pause.wait(every)
            if number in (1, 5, swaps):
                memory[number] = rss_bytes(server.server.process.pid) // 2**20
            if sys.stderr.isatty():
                print(f"\r{number} of {swaps} swaps", end="", file=sys.stderr)
        until = len(load.seconds)
        report = service.get("/model").json()
    return {
        "swaps": report["swaps"] - 1,
        "failed_swaps": report["failed_swaps"],
        "answers": until,
        "wrong_answers": len(load.wrong),
        "p50_ms": {"without": load.p(50, WARM_UP_ANSWERS, quiet), "during": load.p(50, quiet)},
        "p99_ms": {"without": load.p(99, WARM_UP_ANSWERS, quiet), "during": load.p(99, quiet)},
        "p99_ratio": load.p(99, quiet) / load.p(99, WARM_UP_ANSWERS, quiet),
        "rss_mb_after": memory,
    }


def _chelsea() -> bytes:
    """A photograph of a cat, 451×300, from scikit-image, which is not imported for it."""
    spec = find_spec("skimage")
    if spec is None or spec.origin is None:
        raise SystemExit("scikit-image is not installed; see CONTRIBUTING.md")
    return (Path(spec.origin).parent / "data" / "chelsea.png").read_bytes()


if __name__ == "__main__":
    main()
