"""SnapStart: a process that wakes from a snapshot looks for another model before its first request.

The snapshot holds the model that was served when the version was published, which may be months
old. Lambda's own package tells when it wakes; elsewhere there is none and nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from threading import Thread
from typing import Final

WAITS_SECONDS: Final = 5.0
"""Half of the ten seconds after which Lambda gives a restore up, and the request with it."""


def after_restore(work: Callable[[], None]) -> None:
    """Have Lambda do `work`, which must not raise, after each restore.

    What takes longer than `WAITS_SECONDS`, a large model or a store that does not answer, goes on
    beside the requests, which the model of the snapshot answers.
    """
    try:
        hooks = import_module("snapshot_restore_py")
    except ModuleNotFoundError:
        return
    hooks.register_after_restore(_begin, work)


def _begin(work: Callable[[], None]) -> None:
    """Do `work`, and wait for its end as long as there is time for it."""
    thread = Thread(target=work, name="restored", daemon=True)
    thread.start()
    thread.join(WAITS_SECONDS)
