"""The terminal, or whatever stdout and stderr are instead."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_FILE_COLUMNS = 400


def stdout() -> Console:
    """A file or a pipe has no width: lines there are as long as they need to be."""
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_FILE_COLUMNS)


def clean(text: str) -> str:
    """`text` without what would move the cursor: file names and labels may hold anything."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


@contextmanager
def libraries_are_quiet() -> Iterator[None]:
    """Keep native code off stderr: LiteRT announces its delegate there and cannot be told not to.

    For the whole process, so only while no other thread has something to say.
    """
    if sys.stderr is None:  # it was closed before we began, and the descriptor may be another's
        yield
        return
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
