"""Answers as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import typer
from rich.bar import Bar
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.outcomes import Failure, Outcome
from cli.terminal import clean, stdout
from inference.answers import Answer, Prediction
from inference.layout import abbreviated

_BAR_COLUMNS = 20


def print_outcome(result: Outcome) -> None:
    """Print one picture with all its answers; nothing for a failure."""
    if isinstance(result, Answer):
        _print_answer(result, stdout())


def print_overview(outcomes: Sequence[Outcome], *, answers_each: int) -> None:
    """Print a table of several pictures, `answers_each` lines at most for each."""
    console = stdout()
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Picture", overflow="fold")
    table.add_column("Score", justify="right")
    table.add_column("", width=_BAR_COLUMNS)
    table.add_column("Label", overflow="fold")
    for each in outcomes:
        for row in _rows(each, answers_each):
            table.add_row(*row)
    console.print(table)
    console.print(_summary(outcomes))


def print_failures(failures: Iterable[Failure]) -> None:
    """Print to stderr, a line for each: the picture, and what is wrong with it."""
    for failure in failures:
        typer.echo(f"microlens: {clean(failure.source)}: {clean(failure.detail)}", err=True)


def _print_answer(answer: Answer, console: Console) -> None:
    image, timing = answer.image, answer.timing_ms
    name = clean(image.source)
    console.print(Text(f"{name}  {image.format}, {image.width:,} × {image.height:,}"))
    if answer.predictions:
        console.print(_scores(answer.predictions))
    else:
        console.print(Text("  no answer reaches the score that was asked for"))
    if answer.decision:
        console.print(Text(f"  {_decision(answer)}"))
    console.print(Text(f"{_model(answer)}, {timing.total:.1f} ms", style="dim"))


def _decision(answer: Answer) -> str:
    """What a calibrated model makes of its answer, and the labels that are likely enough."""
    labels = ", ".join(map(clean, answer.labels or ())) or "no label"
    return f"{answer.decision}: {labels}, for a coverage of {answer.coverage:.4g}"


def _scores(predictions: Iterable[Prediction]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right")
    for prediction in predictions:
        grid.add_row(f"  {prediction.score:.4f}", _bar(prediction), Text(clean(prediction.label)))
    return grid


def _rows(each: Outcome, most: int) -> list[tuple[Text, str, Bar | str, Text]]:
    """The lines of one picture; only the first of them names it."""
    if isinstance(each, Failure):
        return [(Text(clean(each.source)), "–", "", Text(clean(each.code), style="red"))]
    name = Text(clean(each.image.source))
    if not each.predictions:
        return [(name, "–", "", Text("none reaches the score", style="dim"))]
    return [
        (Text() if place else name, f"{one.score:.4f}", _bar(one), Text(clean(one.label)))
        for place, one in enumerate(each.predictions[:most])
    ]


def _summary(outcomes: Sequence[Outcome]) -> Text:
    answers = [each for each in outcomes if isinstance(each, Answer)]
    by = f" by {_model(answers[0])}" if answers else ""
    return Text(f"{len(answers):,} of {len(outcomes):,} classified{by}", style="dim")


def _model(answer: Answer) -> str:
    stage = f"@{answer.model.stage}" if answer.model.stage else ""
    return f"{answer.model.name}{stage}, release {abbreviated(answer.model.release)}"


def _bar(prediction: Prediction) -> Bar:
    return Bar(1.0, 0.0, prediction.score, width=_BAR_COLUMNS, color="green")
