"""Numbers of things in a sentence."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """`1 label`, `2 labels`, `1,000 classes`."""
    ending = "" if number == 1 else "es" if thing.endswith(("s", "x", "ch")) else "s"
    return f"{number:,} {thing}{ending}"
