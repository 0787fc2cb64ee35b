"""Runs that nobody watches, and that may be asked to stop at a certain step."""

from __future__ import annotations

from dataclasses import dataclass, field

from training.transfer.course import Course


@dataclass
class Quiet(Course):
    """Keeps what was said; asks to stop in the phase whose name begins so, after some steps."""

    stop_in: str | None = None
    after: int = 0
    said: list[str] = field(default_factory=list)
    phases: list[str] = field(default_factory=list)
    _stopped: bool = False

    @property
    def stopped(self) -> bool:
        return self._stopped

    def say(self, line: str) -> None:
        self.said.append(line)

    def phase(self, name: str, steps: int | None = None) -> None:
        del steps
        self.phases.append(name)

    def step(self, done: int, figures: str = "") -> None:
        del figures
        here = self.stop_in is not None and self.phases[-1].startswith(self.stop_in)
        self._stopped = self._stopped or (here and done >= self.after)
