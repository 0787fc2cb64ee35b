"""Loading a folder in a child that has loaded our reader and nothing else, and what that took.

The children are forked from one process in which the reader is imported, so that each costs
milliseconds, and what it has in memory is its own.
"""

from __future__ import annotations

import re
import resource
import sys
import traceback
from functools import cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from time import process_time
from typing import TypedDict

from inference.errors import ModelError
from inference.keras_files.loading import load

PATIENCE_SECONDS = 60


class Attempt(TypedDict):
    """How it ended, and the CPU time and the peak of memory of the child."""

    error: str | None
    message: str
    seconds: float
    bytes: int
    asked: list[str]
    """Which of TensorFlow and the two Keras were imported."""


def attempted(folder: Path) -> Attempt:
    """Load the folder in a child; fails when the child dies or hangs."""
    context = _context()
    ours, theirs = context.Pipe(duplex=False)
    with ours:
        child = context.Process(target=_attempt, args=(folder, theirs))
        child.start()
        theirs.close()
        try:
            assert ours.poll(PATIENCE_SECONDS), "the child hangs"
            said: Attempt = ours.recv()
        finally:
            child.kill()
            child.join()
    return said


@cache
def _context() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _attempt(folder: Path, reply: Connection) -> None:
    """The child's side."""
    error, message, started = None, "", process_time()
    try:
        load(folder)
    except ModelError as exc:
        error, message = type(exc).__name__, str(exc)
    except Exception:  # noqa: BLE001 - whatever it is, the test shows it
        error, message = "not one of ours", traceback.format_exc()
    said: Attempt = {
        "error": error,
        "message": message,
        "seconds": process_time() - started,
        "bytes": _peak_bytes(),
        "asked": sorted({"tensorflow", "keras", "tf_keras"} & set(sys.modules)),
    }
    reply.send(said)


def _peak_bytes() -> int:
    """The kernel's own figure, where there is one: that of `getrusage` counts the parent too."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text() if status.exists() else "")
    return int(found[1]) * 1024 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
