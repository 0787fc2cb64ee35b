"""`microlens results`: the results that events and `ingest` wrote, as one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from api.bulk.rows import Row
    from api.bulk.stored import InBucket, InFolder

    Read = tuple[str, Row | str]
    """Where a result lies, and its row or what is wrong with it."""

# Each waits for S3 most of the time; its client has 32 connections.
_AT_ONCE = 16
_NAMED = 20


def results(
    place: Annotated[
        str,
        typer.Argument(
            metavar="RESULTS",
            help="s3://BUCKET/PREFIX, or a folder.",
            show_default=False,
        ),
    ],
    csv: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write CSV; - is stdout.", show_default="-"),
    ] = None,
    parquet: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Write Parquet; needs the package pyarrow.", show_default=False
        ),
    ] = None,
    top_k: Annotated[
        int, typer.Option(min=1, max=100, help="How many labels and scores of each result.")
    ] = 1,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            help="Only rows that have this value; several must all hold.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Make one table of many results, as CSV or Parquet."""
    from cli.sheets import csv_sheet, parquet_is_there, parquet_sheet

    source = _source(place)
    conditions = _conditions(where or [], top_k)
    if parquet is not None and not parquet_is_there():
        raise typer.BadParameter(
            "Parquet is written by pyarrow, which is not installed: "
            ".venv/bin/pip install pyarrow, or write --csv",
            param_hint="--parquet",
        )
    from api.bulk.rows import columns

    table = columns(top_k)
    with ExitStack() as stack:
        sheets = []
        if parquet is not None:
            sheets.append(stack.enter_context(parquet_sheet(parquet, table)))
        if csv is not None or parquet is None:
            sheets.append(stack.enter_context(csv_sheet(csv or "-", table)))
        written, left_out, bad = 0, 0, 0
        for name, read in _with_progress(_read(source, top_k)):
            if isinstance(read, str):
                bad += 1
                _complain(name, read, bad)
            elif all(holds(read) for holds in conditions):
                written += 1
                for sheet in sheets:
                    sheet.add(read)
            else:
                left_out += 1
    _summarise(written, left_out, bad)


def _source(place: str) -> InBucket | InFolder:
    from api.bulk.stored import InBucket, InFolder
    from cli.prefixes import parse_prefix

    if "://" in place:
        return InBucket(*parse_prefix(place, "RESULTS"))
    if not Path(place).is_dir():
        raise typer.BadParameter(
            f"{place!r} is no folder: name one, or s3://BUCKET/PREFIX", param_hint="RESULTS"
        )
    return InFolder(Path(place))


def _conditions(texts: Sequence[str], top_k: int) -> list[Callable[[Row], bool]]:
    from api.bulk.rows import condition
    from inference.errors import BadRequest

    try:
        return [condition(text, top_k) for text in texts]
    except BadRequest as exc:
        raise typer.BadParameter(str(exc), param_hint="--where") from exc


def _read(source: InBucket | InFolder, top_k: int) -> Iterator[Read]:
    """Every result in order, several on their way at once; a few times as many in memory."""
    from api.bulk.rows import row
    from cli.parallel import in_order
    from inference.errors import BadRequest

    def one(name: str) -> Read:
        where = source.place(name)
        try:
            return where, row(source.read(name), where, top_k)
        except BadRequest as exc:
            return where, str(exc)

    return in_order(one, source.found(), _AT_ONCE)


def _with_progress(read: Iterable[Read]) -> Iterable[Read]:
    """The same, counted on stderr while they come, if there is someone to see it."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        return read
    from cli.progress import counted

    return counted(read, "Reading", console)


def _complain(name: str, reason: str, number: int) -> None:
    from cli.terminal import clean

    if number <= _NAMED:
        typer.echo(f"microlens: passed over {clean(name)}: {clean(reason)}", err=True)


def _summarise(written: int, left_out: int, bad: int) -> None:
    from inference.plurals import counted

    parts = [counted(written, "row")]
    if left_out:
        parts.append(f"{left_out:,} left out by --where")
    if bad:
        more = f", of which the first {_NAMED} are named" if bad > _NAMED else ""
        parts.append(f"{bad:,} no results of ours{more}")
    typer.echo(f"microlens: {', '.join(parts)}", err=True)
