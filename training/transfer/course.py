"""A training run as somebody watches it: phases, figures, and the wish that it stop early."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Interrupted(Exception):
    """The run was stopped before there was anything to make a bundle of."""


class Course(ABC):
    """Hears how far a run is; used from the thread that trains."""

    @property
    @abstractmethod
    def stopped(self) -> bool:
        """Whether somebody wants the run to end with the best so far."""

    @abstractmethod
    def say(self, line: str) -> None:
        """Take a line that is worth keeping."""

    @abstractmethod
    def phase(self, name: str, steps: int | None = None) -> None:
        """Begin a phase of so many steps, where that is known."""

    @abstractmethod
    def step(self, done: int, figures: str = "") -> None:
        """Take how many steps of the phase are done, and how well it goes, in words."""
