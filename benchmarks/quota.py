"""A CPU quota for processes, as Lambda gives one with each memory size: by a control group."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")
# Short, so that an answer of some milliseconds is slowed down as a longer one is.
_PERIOD_US = 20_000


@dataclass(frozen=True, slots=True)
class Quota:
    """A group of processes that share so many CPUs; children of a member are members."""

    parent: Path
    group: Path

    def limit(self, cpus: float) -> None:
        """Give the group `cpus`, a fraction or more than one."""
        share = round(cpus * _PERIOD_US)
        if (self.group / "cpu.max").exists():  # version 2
            (self.group / "cpu.max").write_text(f"{share} {_PERIOD_US}")
        else:
            (self.group / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
            (self.group / "cpu.cfs_quota_us").write_text(str(share))

    def add(self, pid: int) -> None:
        """Make a process a member, with all its threads."""
        (self.group / "cgroup.procs").write_text(str(pid))

    def free(self, pid: int) -> None:
        """Let a process go; its children stay."""
        (self.parent / "cgroup.procs").write_text(str(pid))


@contextmanager
def cpu_quota() -> Iterator[Quota | None]:
    """A group without members; None where this user may not make one."""
    quota = _make()
    try:
        yield quota
    finally:
        if quota:
            with suppress(OSError):  # somebody is still in it: nothing is lost but tidiness
                quota.group.rmdir()


def _make() -> Quota | None:
    for parent in (_GROUPS / "cpu", _GROUPS / "cpu,cpuacct", _GROUPS):
        group = parent / f"microlens-bench-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        if any((group / name).exists() for name in ("cpu.max", "cpu.cfs_quota_us")):
            return Quota(parent, group)
        group.rmdir()
    return None
