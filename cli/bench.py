"""`microlens bench`: what a model costs on this machine, in time, memory, answers and dollars."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.arguments import number
from cli.documents import Json, print_json

if TYPE_CHECKING:
    from inference.manifest import Agreement
    from training.speed import Measured, Speed

PICTURES = 20_000


def bench(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL",
            help="One or more; answers of the others are held against the first's.",
            show_default="MICROLENS_MODEL",
        ),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="A folder of pictures.",
            show_default="the golden pictures of each model",
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1, max=256, help="Answer with at most so many at once.", show_default="the cores"
        ),
    ] = None,
    seconds: Annotated[
        float, number(0.05, 600, "Seconds for which each number of threads is measured.")
    ] = 2.0,
    as_json: Json = False,
) -> None:
    """Measure what a model costs: time, memory, dollars on Lambda."""
    from cli.progress import progress
    from inference.cores import cores
    from inference.settings import read_settings
    from training.speed import agreement, measure

    if models and len(models) > 1 and pictures is None:
        raise typer.BadParameter(
            "answers can be compared on the same pictures only: name a folder",
            param_hint="--pictures",
        )
    found = _find(pictures) if pictures else []
    measured = []
    with progress() as tell:
        for model in models or [read_settings().model]:
            tell(f"measuring {model}")
            measured.append(measure(model, found, _counts(threads or cores()), seconds))
    compared = [agreement(measured[0], other) for other in measured[1:]]
    if as_json:
        print_json(_as_object(measured, compared))
    else:
        _print(measured, compared)


def _find(folder: Path) -> list[Path]:
    from cli.pictures import find_pictures

    return [Path(path) for path in find_pictures([str(folder)])]


def _counts(most: int) -> list[int]:
    """1, 2, 4, … and `most` itself."""
    return sorted({2**power for power in range(most.bit_length()) if 2**power < most} | {most})


def dollars(speed: Speed, picture_bytes: int) -> float:
    """20,000 answers of one thread on Lambda, with the memory that comes with one whole CPU."""
    from inference.prices import billed_seconds, prices

    table = prices()
    gigabytes = table.mb_per_vcpu / 1024
    compute = table.compute(PICTURES * billed_seconds(speed.milliseconds) * gigabytes)
    return compute + table.requests(PICTURES, picture_bytes)


def _as_object(measured: list[Measured], compared: list[Agreement]) -> dict[str, Any]:
    from inference.prices import prices

    agreements = [None, *(each.model_dump(mode="json") for each in compared)]
    models = [_model(each, agreement) for each, agreement in zip(measured, agreements, strict=True)]
    return {"models": models, "prices": prices().model_dump(mode="json")}


def _model(measured: Measured, agreement: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "name": measured.name,
        "release": measured.release,
        "numbers": measured.numbers,
        "file_bytes": measured.file_bytes,
        "pictures": len(measured.scores),
        "passed_over": list(measured.passed_over),
        "speeds": [_figures(speed) for speed in measured.speeds],
        "dollars_for_20000": round(dollars(measured.speeds[0], measured.picture_bytes), 6),
        "agreement_with_first": agreement,
    }


def _figures(speed: Speed) -> dict[str, Any]:
    import numpy as np

    p50, p99 = (float(each) for each in np.percentile(speed.milliseconds, (50, 99)))
    return {
        "threads": speed.threads,
        "p50_ms": round(p50, 3),
        "p99_ms": round(p99, 3),
        "decode_ms": round(speed.decode_ms, 3),
        "infer_ms": round(speed.infer_ms, 3),
        "pictures_per_second": round(speed.rate, 2),
        "peak_bytes": speed.peak_bytes,
    }


def _print(measured: list[Measured], compared: list[Agreement]) -> None:
    from rich.table import Table
    from rich.text import Text

    from cli.terminal import clean, stdout
    from inference.prices import prices

    console = stdout()
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Model", overflow="fold")
    table.add_column("Numbers")
    for column in ("Threads", "p50, ms", "p99, ms", "Decode", "Infer", "Pictures/s", "Memory", "$"):
        table.add_column(column, justify="right")
    for model in measured:
        for row in _rows(model):
            table.add_row(*map(Text, row))
    console.print(table)
    for model, agreement in zip(measured[1:], compared, strict=True):
        console.print(Text(clean(_sentence(model, measured[0], agreement))))
    first, table_ = measured[0], prices()
    console.print(
        Text(
            f"Pictures: {len(first.scores):,}. $: {PICTURES:,} answers by Lambda with "
            f"{table_.mb_per_vcpu:,} MB, one CPU like this, and an HTTP API; prices of "
            f"{table_.read_on}",
            style="dim",
        )
    )
    for name in first.passed_over:
        typer.echo(f"microlens: passed over, it cannot be decoded: {clean(name)}", err=True)


def _rows(model: Measured) -> list[tuple[str, ...]]:
    """A line for each number of threads; only the first says which model, and the dollars."""
    from cli.terminal import clean

    rows: list[tuple[str, ...]] = []
    for place, speed in enumerate(model.speeds):
        figures = _figures(speed)
        name = f"{clean(model.name)}, {model.file_bytes / 1e6:.1f} MB"
        rows.append(
            (
                "" if place else name,
                "" if place else model.numbers,
                str(speed.threads),
                f"{figures['p50_ms']:.1f}",
                f"{figures['p99_ms']:.1f}",
                f"{figures['decode_ms']:.1f}",
                f"{figures['infer_ms']:.1f}",
                f"{speed.rate:.1f}",
                f"{speed.peak_bytes / 1e6:.1f} MB",
                "" if place else f"{dollars(speed, model.picture_bytes):.4f}",
            )
        )
    return rows


def _sentence(model: Measured, first: Measured, found: Agreement) -> str:
    return (
        f"{model.name} ({model.numbers}) agrees with {first.name} ({first.numbers}) on "
        f"{found.top1:.1%} of {found.pictures:,} pictures; scores are at most "
        f"{found.max_difference:.4f} apart"
    )
