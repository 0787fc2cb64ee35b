"""How far long work is, on stderr, while the libraries that do it are kept off it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TextIO


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Takes a line for each step; on a terminal the last one turns until the next comes."""
    from rich.console import Console
    from rich.text import Text

    from cli.terminal import clean, libraries_are_quiet

    with ExitStack() as stack:
        console = Console(file=stack.enter_context(own_stderr()), highlight=False)
        stack.enter_context(libraries_are_quiet())
        status = stack.enter_context(console.status("")) if console.is_terminal else None

        def tell(line: str) -> None:
            text = Text(clean(line), style="dim")
            if status:
                status.update(text)
            console.print(text, soft_wrap=True)

        yield tell


@contextmanager
def own_stderr() -> Iterator[TextIO]:
    """Stderr under a descriptor of our own, where it has one at all."""
    try:
        descriptor = os.dup(sys.stderr.fileno())
    except OSError:  # replaced by something in memory
        yield sys.stderr
        return
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as stream:
        yield stream
