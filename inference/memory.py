"""Memory that models hold: kept together, and given back to the system."""

from __future__ import annotations

import ctypes
import gc
from functools import cache
from typing import Any

# In malloc.h; and how many arenas are kept: threads hardly ever wait for each other there.
_M_ARENA_MAX = -8
_ARENAS = 2


def keep_together() -> None:
    """Have few places for freed memory and not one for each thread; call it before a model.

    Each model is loaded by another thread. What an old one leaves in the arena of its thread is
    not found by the next, and a service grows by a fifth within a hundred models.
    """
    if mallopt := _c_function("mallopt"):
        mallopt(_M_ARENA_MAX, _ARENAS)


def give_back(*, has_cycles: bool) -> None:
    """Return what was freed to the system; call it when a model was dropped.

    `has_cycles` is for models whose parts refer to each other,
    as those of Keras do: only the collector frees them, which stops all threads for a moment.
    """
    if has_cycles:
        gc.collect()
    if trim := _c_function("malloc_trim"):
        trim(0)


@cache
def _c_function(name: str) -> Any:
    """A function of glibc's; None where the C library is another."""
    return getattr(ctypes.CDLL(None), name, None)
