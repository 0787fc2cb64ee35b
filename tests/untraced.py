"""What is not ours runs without coverage's tracer, under which Python is four times as slow.

None of it is measured anyway. Coverage loads this as a plugin in every process that it watches, and
imports of what is not ours are left alone there. `untraced` does so for any function that calls
nothing of ours, or whose processor time a test bounds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache, wraps
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import ParamSpec, TypeVar

PROJECT = str(Path(__file__).parents[1])

P = ParamSpec("P")
R = TypeVar("R")


def untraced(call: Callable[P, R]) -> Callable[P, R]:
    """`call`, during which this thread is not traced."""

    @wraps(call)
    def apart(*args: P.args, **kwargs: P.kwargs) -> R:
        # Switched off and on in one frame: coverage keeps count of frames as they come and go.
        tracer = sys.gettrace()
        sys.settrace(None)
        try:
            return call(*args, **kwargs)
        finally:
            sys.settrace(tracer)

    return apart


def coverage_init(_registry: object, _options: object) -> None:
    """The name by which coverage asks a plugin to begin, once for each of its objects."""
    _let_imports_alone()


@cache
def _let_imports_alone() -> None:
    watched = SourceFileLoader.exec_module
    unwatched = untraced(watched)

    def exec_module(loader: SourceFileLoader, module: ModuleType) -> None:
        is_ours = loader.path.startswith(PROJECT) and "site-packages" not in loader.path
        (watched if is_ours else unwatched)(loader, module)

    # Its own loader, where the typed one belongs to a base.
    SourceFileLoader.exec_module = exec_module  # type: ignore[assignment]
