"""What became of many pictures, on the terminal: a figure, a label, a reason a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from api.bulk.tally import Tally

_LABELS_SHOWN = 10


def tally_object(tally: Tally) -> dict[str, Any]:
    """A tally as JSON has it: all reasons and labels, most frequent first."""
    return {
        "pictures": tally.pictures,
        "classified": tally.classified,
        "had_their_result": tally.were_there,
        "refused": tally.refused,
        "failed": tally.failed,
        "passed_over": tally.passed_over,
        "labels": [
            {"label": label, "pictures": count} for label, count in tally.labels.most_common()
        ],
        "reasons": [
            {"reason": reason, "pictures": count} for reason, count in tally.reasons.most_common()
        ],
        "examples": [{"source": source, "detail": why} for source, why in tally.examples],
    }


def print_tally(tally: Tally) -> None:
    """Print the figures, the most frequent labels, and why pictures have no answer."""
    from rich.bar import Bar
    from rich.table import Table
    from rich.text import Text

    from cli.terminal import clean, stdout

    console = stdout()
    figures = {
        "classified": tally.classified,
        "had their result": tally.were_there,
        "refused": tally.refused,
        "failed": tally.failed,
        "passed over": tally.passed_over,
    }
    said = ", ".join(f"{count:,} {name}" for name, count in figures.items() if count)
    console.print(Text(f"{tally.pictures:,} objects: {said or 'nothing'}"))
    top = tally.labels.most_common(_LABELS_SHOWN)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right")
    for label, count in top:
        bar = Bar(top[0][1], 0, count, width=20, color="green")
        grid.add_row(f"  {count:,}", bar, Text(clean(label)))
    console.print(grid)
    if len(tally.labels) > _LABELS_SHOWN:
        rest = sum(tally.labels.values()) - sum(count for _, count in top)
        more = f"  {rest:,} of {len(tally.labels) - _LABELS_SHOWN:,} other labels"
        console.print(Text(more, style="dim"))
    for reason, count in tally.reasons.most_common():
        console.print(Text(f"  {count:,} × {clean(reason)}", style="red"), soft_wrap=True)
    for source, why in tally.examples:
        typer.echo(f"microlens: {clean(source)}: {clean(why)}", err=True)
