"""Pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.spread import significant


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def titled(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table below its heading, or below a few words in bold."""
    yield title
    yield ""
    yield from table(head, rows)


def megabytes(size: float) -> str:
    """Bytes as people read them."""
    return f"{significant(size / 1e6)} MB"
