"""All figures of one run; a part that was not asked for is None."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from benchmarks.cold_start import ColdStart
from benchmarks.cost import MemorySize
from benchmarks.draft import DraftStep
from benchmarks.growth import ModelStep, Step
from benchmarks.machine import Machine
from benchmarks.memory import Memory
from benchmarks.size import Sizes
from benchmarks.warm import Warm

Swaps = dict[str, object]
"""What `benchmarks.swaps` prints."""


@dataclass(slots=True)
class Results:
    """The figures, the machine, and when (UTC, ISO 8601) they were begun."""

    began: str
    machine: Machine
    minutes: float = 0.0
    quick: bool = False
    warm: Warm | None = None
    cold: dict[str, ColdStart] | None = None
    memory: Memory | None = None
    size: Sizes | None = None
    pictures: list[Step] | None = None
    connections: list[Step] | None = None
    models: list[ModelStep] | None = None
    swaps: Swaps | None = None
    cost: list[MemorySize] | None = None
    draft: list[DraftStep] | None = None

    def to_json(self) -> str:
        """Every figure of every round."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"
