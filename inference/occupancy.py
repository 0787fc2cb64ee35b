"""How many pictures are being classified at this moment."""

from __future__ import annotations

from threading import Lock


class Occupancy:
    """Counts those inside its `with` blocks. Safe to use from several threads."""

    def __init__(self) -> None:
        self._inside = 0
        self._lock = Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1

    @property
    def is_one(self) -> bool:
        """Whether whoever asks is inside alone; true for this moment only."""
        return self._inside == 1
