"""`microlens evaluate`: how good a model is, on labelled pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import check_model
from cli.documents import Json, print_json
from cli.measured import Folder, Html, Token, begin, write_whole

if TYPE_CHECKING:
    from inference.manifest import Accuracy
    from training.evaluation.decided import Decided
    from training.evaluation.documents import Evaluation
    from training.evaluation.figures import Means

_MOST_CLASSES = 30
_MOST_CONFUSED = 5


def evaluate(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|SERVICE",
            callback=check_model,
            help="As MICROLENS_MODEL takes it, or the address of a running service.",
            show_default=False,
        ),
    ],
    folder: Folder,
    html: Html = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Measure how good a model is, on labelled pictures.

    That is its accuracy, what it takes for what, how far its scores may be believed, and latency.
    Ctrl-C ends it early, with a report on the pictures that had their turn and exit code 1.
    """
    from cli.measuring import ask_about
    from training.evaluation.documents import Evaluation, evaluation
    from training.evaluation.figures import measure

    ((subject, pictures),) = begin([model], folder, html, token)
    asked = ask_about(subject, pictures, f"Asking {subject.identity.name}")
    if not asked.answered:
        why = asked.broken[0].reason if asked.broken else "stopped before the first answer"
        typer.echo(f"microlens: no picture in {folder} was answered: {why}", err=True)
        raise typer.Exit(1)
    figures = measure(asked.answered, subject.labels)
    found = Evaluation(model, subject.identity, subject.labels, folder, asked, figures)
    if as_json:
        print_json(evaluation(found))
    else:
        _print(found)
    if html:
        from training.evaluation.pages import evaluation_page

        write_whole(html, evaluation_page(found))
    _tell(found, html, subject.accuracy)


def _tell(found: Evaluation, html: Path | None, known: Accuracy | None) -> None:
    """What else there is to say, on stderr; exit code 1 if it was stopped."""
    from cli.terminal import clean
    from training.evaluation.suspicion import suspicion

    right = found.figures.accuracy
    if doubt := suspicion(right.count, right.of, known):
        typer.echo(f"microlens: {doubt}", err=True)
    for each in found.asked.broken:
        typer.echo(f"microlens: {clean(each.name)}: {clean(each.reason)}", err=True)
    if html:
        typer.echo(f"report: {html}", err=True)
    if not found.asked.is_whole:
        turns = len(found.asked.answered) + len(found.asked.broken)
        typer.echo(f"microlens: stopped after {turns:,} of {found.asked.found:,} files", err=True)
        raise typer.Exit(1)


def _print(found: Evaluation) -> None:
    from rich.text import Text

    from cli.facts import print_facts
    from cli.terminal import clean, stdout
    from inference.layout import abbreviated

    console, release = stdout(), abbreviated(found.identity.release)
    name = f"{found.identity.name}, release {release}, on {found.folder}"
    console.print(Text(clean(name), style="bold"), soft_wrap=True)
    print_facts(console, _lines(found))
    console.print()
    _print_classes(found)


def _lines(found: Evaluation) -> list[tuple[str, str]]:
    from cli.measured import share
    from inference.plurals import counted

    figures, asked = found.figures, found.asked
    lines = [
        ("right" if k == 1 else f"among the best {k}", share(each))
        for k, each in figures.top.items()
    ]
    reliability = figures.reliability
    lines += [
        ("mean of classes", _means(figures.macro)),
        ("by pictures", _means(figures.weighted)),
        (
            "calibration error",
            f"{reliability.ece:.3f} expected, {reliability.largest:.3f} at most",
        ),
        *_decisions(found.decided),
        (
            "latency",
            f"p50 {figures.p50_ms:.1f} ms, p95 {figures.p95_ms:.1f} ms, {asked.at_once} at once",
        ),
    ]
    wrong = sorted(
        (each for each in figures.confusion if each.truth != each.answer),
        key=lambda each: -each.count,
    )
    lines += [
        (
            "" if place else "taken for another",
            f"{each.count:,} × {found.labels[each.truth]} for {found.labels[each.answer]}",
        )
        for place, each in enumerate(wrong[:_MOST_CONFUSED])
    ]
    if asked.broken:
        lines.append(("not decoded", f"{counted(len(asked.broken), 'file')}, named on stderr"))
    return lines


def _decisions(found: Decided | None) -> list[tuple[str, str]]:
    """What a calibrated model decided; nothing for others."""
    if found is None:
        return []
    counts = f"{found.accept:,} accepted, {found.accepted_wrong:,} of them wrong; "
    counts += f"{found.review:,} to review; {found.unknown:,} unknown"
    coverage = f"{found.covered / found.pictures:.1%} measured, {found.coverage:.1%} promised"
    return [("decisions", counts), ("coverage", coverage)]


def _means(means: Means) -> str:
    return f"precision {means.precision:.1%}, recall {means.recall:.1%}, F1 {means.f1:.1%}"


def _print_classes(found: Evaluation) -> None:
    """The classes that the folder has; of many, those with the lowest F1."""
    from rich.table import Table
    from rich.text import Text

    from cli.terminal import clean, stdout

    there = [each for each in found.figures.classes if each.pictures]
    shown = there
    if len(there) > _MOST_CLASSES:
        shown = sorted(there, key=lambda each: (each.f1 or 0.0, each.index))[:_MOST_CLASSES]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Class", overflow="fold")
    for column in ("Pictures", "Precision", "Recall", "F1"):
        table.add_column(column, justify="right")
    for each in shown:
        figures = (each.precision, each.recall, each.f1)
        cells = ("–" if value is None else f"{value:.1%}" for value in figures)
        table.add_row(Text(clean(each.label)), f"{each.pictures:,}", *cells)
    console = stdout()
    console.print(table)
    if len(shown) < len(there):
        console.print(
            Text(f"the {len(shown)} of {len(there):,} classes with the lowest F1", style="dim")
        )
