"""What decoding costs, weighed in a process of its own: `python -m tests.inference.weighing FILE…`

Prints one JSON line for each file: the error's name or null, its message, CPU seconds, and by
how many bytes the peak of resident memory grew. The address space is limited, so a bomb that
goes off ends the process and not the test run.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from time import process_time

from inference.errors import CallerError
from inference.pictures.decoding import PictureLimits, decode
from inference.recipe import Recipe

SPARE_BYTES = 600_000_000


def main(paths: list[str]) -> None:
    """Decode each file, with little memory to spare beyond what the process has by then."""
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + SPARE_BYTES,) * 2)
    for path in paths:
        sys.stdout.write(json.dumps(weigh(Path(path).read_bytes())) + "\n")


def weigh(data: bytes) -> dict[str, object]:
    """The verdict on one picture, and what reaching it cost."""
    start, peak = process_time(), _peak_bytes()
    verdict: dict[str, object] = {"error": None, "message": ""}
    try:
        decode(data, (224, 224), Recipe(), PictureLimits())
    except CallerError as exc:
        verdict = {"error": type(exc).__name__, "message": str(exc)}
    return {**verdict, "cpu_seconds": process_time() - start, "bytes": _peak_bytes() - peak}


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main(sys.argv[1:])
