"""What was sent and what came of it, counted on both sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock


@dataclass
class Ledger:
    """Counts of what was sent by door, and of each outcome. Safe to use from several threads."""

    sent: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    expected: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def sends(self, door: str, expected: str) -> None:
        """Count one that is about to be sent."""
        with self._lock:
            self.sent[door] += 1
            self.expected[door] = expected

    def came(self, door: str, outcome: str, words: str = "") -> None:
        """Count what came of it; `words` are kept when it is not what was expected."""
        with self._lock:
            self.outcomes[door, outcome] += 1
            if outcome != self.expected[door]:
                self.wrong.append(f"{door}: {outcome} instead of {self.expected[door]} {words}")

    def objects(self, reasons: Iterable[str]) -> None:
        """Keep what is wrong with an answer beside its outcome."""
        told = list(reasons)
        with self._lock:
            self.wrong += told

    def reasons_against(self) -> list[str]:
        """What does not add up, and each outcome that was not the expected one."""
        answered: Counter[str] = Counter()
        for (door, _), number in self.outcomes.items():
            answered[door] += number
        return [
            *(
                f"{door}: {self.sent[door]} sent, {answered[door]} answered"
                for door in self.sent
                if self.sent[door] != answered[door]
            ),
            *self.wrong[:20],
        ]
