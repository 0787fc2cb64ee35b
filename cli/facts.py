"""What was found out about a thing, a line for each fact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def print_facts(console: Console, facts: Sequence[tuple[str, str]]) -> None:
    """Print each fact beside what it is about, in two columns and as long as it needs to be."""
    from rich.text import Text

    from cli.terminal import clean

    width = max((len(about) for about, _ in facts), default=0)
    for about, fact in facts:
        line = Text.assemble((f"  {about:<{width}}  ", "dim"), clean(fact))
        console.print(line, soft_wrap=True)
