"""What a call may cost."""

from __future__ import annotations

from collections.abc import Callable
from time import thread_time
from typing import ParamSpec, TypeVar

from tests.untraced import untraced

P = ParamSpec("P")
R = TypeVar("R")


def within(seconds: float, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What `call` returns or raises; fails when this thread spends more on it.

    Processor time, and none of it coverage's: neither a busy machine nor being watched counts.
    """
    started = thread_time()
    try:
        return untraced(call)(*args, **kwargs)
    finally:
        assert thread_time() - started < seconds
