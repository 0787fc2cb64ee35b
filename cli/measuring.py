"""A model being asked about many pictures: on all cores, with a bar, until the end or Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress

    from training.evaluation.asking import Answered, Asked, Broken, Subject
    from training.labelled import LabelledPicture


def ask_about(subject: Subject, pictures: Sequence[LabelledPicture], what: str) -> Asked:
    """What `subject` says of each picture; fewer of them after a Ctrl-C.

    A second Ctrl-C is a KeyboardInterrupt. `what` stands before the bar.
    """
    from cli.parallel import in_order
    from training.evaluation.asking import asker, gathered

    stop = _Stop()
    begun = perf_counter()
    outcomes: list[Answered | Broken] = []
    with _bar(what, len(pictures)) as tell, stop.instead_of_ctrl_c():
        found = in_order(asker(subject), pictures, subject.at_once)
        for each in found:
            outcomes.append(each)
            tell(each)
            if stop.was_asked:
                break
        found.close()
    return gathered(outcomes, len(pictures), perf_counter() - begun, subject.at_once)


class _Stop:
    """Whether Ctrl-C was pressed."""

    was_asked = False

    @contextmanager
    def instead_of_ctrl_c(self) -> Iterator[None]:
        before = signal.signal(signal.SIGINT, self._ask)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _ask(self, *_: Any) -> None:
        if self.was_asked:
            raise KeyboardInterrupt
        self.was_asked = True


@contextmanager
def _bar(what: str, total: int) -> Iterator[Any]:
    """Takes each outcome; on a terminal it moves a bar on stderr, elsewhere it does nothing."""
    from rich.console import Console

    from cli.progress import own_stderr
    from cli.terminal import libraries_are_quiet

    with ExitStack() as stack:
        console = Console(file=stack.enter_context(own_stderr()), highlight=False)
        stack.enter_context(libraries_are_quiet())
        if not console.is_terminal:
            yield lambda _: None
            return
        bars = stack.enter_context(_progress(console))
        task = bars.add_task(what, total=total, right="")
        right = done = 0

        def tell(each: Answered | Broken) -> None:
            nonlocal right, done
            done += hasattr(each, "ranked")
            right += getattr(each, "is_right", False)
            bars.update(task, advance=1, right=f"{right / done:.1%} right" if done else "")

        yield tell


def _progress(console: Any) -> Progress:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[right]}", style="dim"),
        console=console,
        transient=True,
    )
