"""Commands where a folder lies on a disk that is full, or where no file may grow.

An ordinary user may mount a small disk in a namespace of his own where the system lets him. The
kernel's limit on the size of a file fails the same writes everywhere, in all folders at once.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.cli.command import COMMAND, PROJECT, Ran
from tests.servers.process import environment

_MOUNTED = ("unshare", "--user", "--map-root-user", "--mount")
_ON_DISK = """
before=$1 after=$2 place=$3 size=$4; shift 4
mount -t tmpfs -o "size=$size" tmpfs "$place" && cp -R "$before/." "$place" || exit 99
"$@"; code=$?
cp -R "$place/." "$after" && exit $code
"""
_LIMITED = 'ulimit -f "$1" && shift && exec "$@"'
_BLOCK = 512
"""What `ulimit -f` counts in."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much there is, in bytes: on the disk, or in each file."""

    disk: int
    file: int


@cache
def _can_mount() -> bool:
    try:
        tried = subprocess.run(
            [*_MOUNTED, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=False, capture_output=True
        )
    except OSError:
        return False
    return tried.returncode == 0


def ways() -> list[str]:
    """How writing can be made to fail here; the last is the closest to a full disk."""
    return ["limit", "disk"] if _can_mount() else ["limit"]


def microlens(
    way: str, folder: Path, room: Room, *arguments: str | Path, env: Mapping[str, str] | None = None
) -> Ran:
    """Run the command while there is so little room in `folder`, which is made if need be.

    What it leaves there stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = [*COMMAND, *map(str, arguments)]
    if way == "limit":
        return _run(["sh", "-c", _LIMITED, "sh", str(room.file // _BLOCK), *command], env)
    before, after = (folder.with_name(f"{folder.name}.{which}") for which in ("before", "after"))
    folder.rename(before)
    folder.mkdir()
    after.mkdir()
    places = [str(before), str(after), str(folder), str(room.disk)]
    ran = _run([*_MOUNTED, "sh", "-c", _ON_DISK, "sh", *places, *command], env)
    folder.rmdir()
    after.rename(folder)
    return ran


def _run(command: list[str], env: Mapping[str, str] | None) -> Ran:
    variables = environment({"PYTHONPATH": str(PROJECT), **(env or {})})
    # Not measured for coverage, which has files of its own to write.
    variables = {k: v for k, v in variables.items() if not k.startswith("COVERAGE_PROCESS")}
    done = subprocess.run(
        command, cwd=PROJECT, env=variables, capture_output=True, text=True, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)
