"""The machine that figures were measured on."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.environments import PEERS
from inference.cores import cores

_OURS = ("ai-edge-litert", "numpy", "pillow", "fastapi", "uvicorn", "mangum", "keras")
_THEIRS = {"litserve": ("litserve",), "bentoml": ("bentoml",), "fastapi_keras": ("tensorflow",)}


@dataclass(frozen=True, slots=True)
class Machine:
    """What it is, what runs on it, and how busy it was before the bench began.

    `load` is the mean number of runnable processes of the last minute: on a machine for itself
    it is near 0, and figures from a busy one are worth little.
    """

    cpu: str
    cores: int
    memory_gb: float
    kernel: str
    python: str
    versions: dict[str, str]
    load: float


def this_machine() -> Machine:
    """The machine that this runs on, now."""
    return Machine(
        cpu=_cpu(),
        cores=cores(),
        memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        kernel=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        versions={name: version(name) for name in _OURS} | _peer_versions(),
        load=round(os.getloadavg()[0], 2),
    )


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _peer_versions() -> dict[str, str]:
    """As their lists pin them."""
    found = {}
    for peer, names in _THEIRS.items():
        for line in (PEERS / f"{peer}.txt").read_text().splitlines():
            name, _, pinned = line.partition("==")
            if name.lower().startswith(names) and pinned and "board" not in name:
                found[name.replace("_", "-")] = pinned
    return found
