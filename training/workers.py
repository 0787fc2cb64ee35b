"""Who attends to an incoming folder: names of workers, and whether one is known to be gone."""

from __future__ import annotations

import os

from training.registry.author import this_author


def this_watch() -> str:
    """The name of this process among all that watch folders: two on one machine differ."""
    return f"{_watches_here()}{os.getpid()}"


def has_ended(worker: str, asking: str) -> bool:
    """Whether `worker` is at it no more, as `asking` can tell for certain.

    Its own work is what it is asking about, and so was given up; a process of this user on this
    machine is looked for. Of all others nothing is known.
    """
    if worker == asking:
        return True
    pid = worker.removeprefix(_watches_here())
    if pid == worker or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)  # signal 0 reaches nobody, and tells whether there is somebody
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


def _watches_here() -> str:
    return f"watch {this_author()[:200]} pid "
