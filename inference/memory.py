"""Memory that a model held, given back to the system."""

from __future__ import annotations

import ctypes
import gc
from functools import cache
from typing import Any


def give_back(*, has_cycles: bool) -> None:
    """Return what was freed to the system; call it when a model was dropped.

    The C library keeps freed memory in an arena for each thread, where the next model, loaded by
    another thread, does not find it. `has_cycles` is for models whose parts refer to each other,
    as those of Keras do: only the collector frees them, which stops all threads for a moment.
    """
    if has_cycles:
        gc.collect()
    if trim := _malloc_trim():
        trim(0)


@cache
def _malloc_trim() -> Any:
    """glibc's `malloc_trim`; None where the C library is another."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
