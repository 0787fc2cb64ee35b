"""A training run as the terminal shows it, and Ctrl-C, which ends it early instead of at once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from training.transfer.course import Course

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

_STOPPING = "Ctrl-C: stopping here, the best so far becomes the bundle; once more gives up"


class TerminalCourse(Course):
    """Phases as bars with the time left on a terminal, as lines anywhere else."""

    def __init__(self, console: Console, bars: Progress | None) -> None:
        self._console = console
        self._bars = bars
        self._bar: TaskID | None = None
        self._stopped = False
        self._acknowledged = False

    @property
    def stopped(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self._stopped

    def stop(self, *_: Any) -> None:
        """Take a Ctrl-C: the first asks to stop, the second gives up.

        Nothing is printed here: the signal may have come in the middle of a line.
        """
        if self._stopped:
            raise KeyboardInterrupt
        self._stopped = True

    def say(self, line: str) -> None:
        """Print one line, for good."""
        self._acknowledge()
        self._print(line)

    def _print(self, line: str) -> None:
        from rich.text import Text

        from cli.terminal import clean

        self._console.print(Text(clean(line), style="dim"), soft_wrap=True)

    def _acknowledge(self) -> None:
        """Say once that Ctrl-C was heard."""
        if self._stopped and not self._acknowledged:
            self._acknowledged = True
            self._print(_STOPPING)

    def phase(self, name: str, steps: int | None = None) -> None:
        """Begin a phase of so many steps; the one before it is over."""
        self.end()
        self._acknowledge()
        if self._bars is None:
            self.say(name)
        else:
            self._bar = self._bars.add_task(name, total=steps, figures="")

    def step(self, done: int, figures: str = "") -> None:
        """Say how many steps of the phase are done, and how well it goes."""
        self._acknowledge()
        if self._bars is not None and self._bar is not None:
            self._bars.update(self._bar, completed=done, figures=figures)

    def end(self) -> None:
        """Take the bar of the phase away; what is known by then was said."""
        if self._bars is not None and self._bar is not None:
            self._bars.remove_task(self._bar)
            self._bar = None


@contextmanager
def course() -> Iterator[TerminalCourse]:
    """A run on stderr; libraries are kept off it, and Ctrl-C stops the run where it can."""
    from rich.console import Console
    from rich.progress import TextColumn

    from cli.progress import bars, own_stderr
    from cli.terminal import libraries_are_quiet

    with ExitStack() as stack:
        console = Console(file=stack.enter_context(own_stderr()), highlight=False)
        stack.enter_context(libraries_are_quiet())
        shown = None
        if console.is_terminal:
            figures = TextColumn("{task.fields[figures]}", style="dim")
            shown = stack.enter_context(bars(console, figures))
        run = TerminalCourse(console, shown)
        before = signal.signal(signal.SIGINT, run.stop)
        stack.callback(signal.signal, signal.SIGINT, before)
        yield run
        run.end()
