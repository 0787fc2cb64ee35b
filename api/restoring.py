"""SnapStart: a process that wakes from a snapshot looks for another model before its first request.

The snapshot holds the model that was served when the version was published, which may be months
old. Lambda's own package tells when it wakes; elsewhere there is none and nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module


def after_restore(work: Callable[[], None]) -> None:
    """Have Lambda do `work` after each restore; it has ten seconds and must not raise."""
    try:
        hooks = import_module("snapshot_restore_py")
    except ModuleNotFoundError:
        return
    hooks.register_after_restore(work)
