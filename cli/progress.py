"""How far long work is, on stderr, while the libraries that do it are kept off it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from io import StringIO
from typing import TYPE_CHECKING, TextIO, TypeVar

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn

T = TypeVar("T")


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


def bars(console: Console, *more: ProgressColumn) -> Progress:
    """Bars that go with their work: how many of how many, the time left, and `more` columns."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        *more,
        console=console,
        transient=True,
    )


def counted(
    things: Iterable[T], what: str, console: Console, total: int | None = None
) -> Iterator[T]:
    """The same things; a bar, or a number where no total is known, says how many came."""
    with bars(console) as shown:
        bar = shown.add_task(what, total=total)
        for thing in things:
            yield thing
            shown.advance(bar)


@contextmanager
def own_stderr() -> Iterator[TextIO]:
    """Stderr under a descriptor of our own, where it has one at all."""
    if sys.stderr is None:  # it was closed before we began
        yield StringIO()
        return
    try:
        descriptor = os.dup(sys.stderr.fileno())
    except OSError:  # replaced by something in memory
        yield sys.stderr
        return
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as stream:
        yield stream
