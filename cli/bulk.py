"""Many pictures on the terminal: how far it is, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from api.bulk.survey import Survey
    from api.bulk.tally import Tally
    from inference.s3_jobs import Job

T = TypeVar("T")

_LABELS_SHOWN = 10


def counted_so_far(
    things: Iterable[T], what: str, console: Console, total: int | None = None
) -> Iterator[T]:
    """The same things; a bar, or a number where no total is known, says how many came."""
    with _bars(console) as bars:
        bar = bars.add_task(what, total=total)
        for thing in things:
            yield thing
            bars.advance(bar)


def watched(jobs: Iterable[Job], console: Console) -> Iterator[Job]:
    """The same looks at a job; a bar on a terminal, elsewhere a line for each new status."""
    if not console.is_terminal:
        status = ""
        for job in jobs:
            if job.status != status:
                status = job.status
                typer.echo(f"microlens: {status}", err=True)
            yield job
        return
    with _bars(console) as bars:
        bar = bars.add_task("New", total=None)
        for job in jobs:
            done = job.succeeded + job.failed
            bars.update(bar, description=job.status, total=job.total or None, completed=done)
            yield job


def _bars(console: Console) -> Any:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


def cost(survey: Survey) -> dict[str, Any]:
    """What there is and what a job over it would cost, as JSON has it."""
    from api.bulk.survey import SECONDS_EACH, estimate
    from inference.prices import prices

    dollars, table = estimate(survey.objects), prices()
    return {
        "objects": survey.objects,
        "bytes": survey.bytes,
        "not_called_like_a_picture": survey.strange,
        "dollars": {
            "function": round(dollars.function, 6),
            "storage": round(dollars.storage, 6),
            "job": round(dollars.job, 6),
            "total": round(dollars.total, 6),
        },
        "assumed": {"seconds_each": SECONDS_EACH, "memory_mb": table.mb_per_vcpu},
        "prices_of": table.read_on,
    }


def cost_lines(survey: Survey) -> list[str]:
    """The same in words."""
    found = cost(survey)
    dollars, assumed = found["dollars"], found["assumed"]
    price = (
        f"on Lambda about ${dollars['total']:,.2f}: function {dollars['function']:,.2f}, "
        f"S3 {dollars['storage']:,.2f}, job {dollars['job']:,.2f} "
        f"({assumed['seconds_each']} s and {assumed['memory_mb']:,} MB each, "
        f"us-east-1, prices of {found['prices_of']})"
    )
    lines = [f"{survey.objects:,} objects, {survey.bytes / 1e6:,.1f} MB", price]
    if survey.strange:
        lines.append(
            f"{survey.strange:,} of them are not called like a picture, and a job stops when more "
            "than half of its first 1,000 tasks fail: --suffix .jpg chooses"
        )
    return lines


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
