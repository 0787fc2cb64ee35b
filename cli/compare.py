"""`microlens compare`: whether one model may take over from another, on the same pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import check_model, number
from cli.documents import Json, print_json, written
from cli.measured import Folder, Html, Token, begin, check_place, write_whole

if TYPE_CHECKING:
    from training.evaluation.pairing import Comparison

_MOST_NAMED = 10
_MARGIN = 0.01


def compare(
    first: Annotated[
        str,
        typer.Argument(
            metavar="A",
            callback=check_model,
            help="What is in use: MODEL or SERVICE, as for evaluate.",
            show_default=False,
        ),
    ],
    second: Annotated[
        str,
        typer.Argument(
            metavar="B",
            callback=check_model,
            help="What may take over.",
            show_default=False,
        ),
    ],
    folder: Folder,
    margin: Annotated[
        float, number(0, 1, "How much accuracy B may lose: 0.01 is one point.")
    ] = _MARGIN,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="REPORT",
            dir_okay=False,
            help="Write the report that microlens promote --require takes.",
            show_default=False,
        ),
    ] = None,
    html: Html = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Say whether one model may take over from another.

    Both are asked about the same labelled pictures. The verdict is better, no_worse, worse or
    undecided. Exit code 0 whichever it is: it is promote --require that refuses. After Ctrl-C
    there is no verdict.
    """
    from cli.measuring import ask_about
    from training.evaluation import documents
    from training.evaluation.pairing import Comparison, Side

    check_place(out, "--out")
    asked, sides = [], []
    for text, (subject, pictures) in zip(
        (first, second), begin([first, second], folder, html, token), strict=True
    ):
        asked.append(ask_about(subject, pictures, f"Asking {subject.identity.name}"))
        sides.append(Side(text, subject.identity, subject.labels))
        if not asked[-1].is_whole:
            typer.echo("microlens: stopped: a part of the pictures makes no verdict", err=True)
            raise typer.Exit(1)
    found = Comparison.of((sides[0], sides[1]), (asked[0], asked[1]), folder, margin)
    document = documents.comparison(found)
    if out:
        write_whole(out, f"{written(document)}\n")
    if as_json:
        print_json(document)
    else:
        _print(found)
    if html:
        from training.evaluation.pages import comparison_page

        write_whole(html, comparison_page(found))
    _tell(found, [each for each in (out, html) if each])


def _tell(found: Comparison, written: list[Path]) -> None:
    from cli.terminal import clean

    for name, reason in found.broken.items():
        typer.echo(f"microlens: {clean(name)}: {clean(reason)}", err=True)
    for path in written:
        typer.echo(f"report: {path}", err=True)


def _print(found: Comparison) -> None:
    from rich.text import Text

    from cli.facts import print_facts
    from cli.measured import share
    from cli.terminal import clean, stdout
    from training.evaluation.pairing import points

    console, (low, high) = stdout(), found.interval
    console.print(Text(f"{found.words}", style="bold"))
    paired = found.paired
    facts = [
        (_title(each.identity.name, each.identity.release), share(accuracy))
        for each, accuracy in zip((found.first, found.second), found.accuracies, strict=True)
    ]
    facts += [
        ("difference", f"{points(paired.difference)} points ({points(low)} to {points(high)})"),
        ("gained", f"{paired.only_second:,}"),
        ("lost", f"{paired.only_first:,}"),
        ("McNemar's test", f"p = {found.p:.2g}"),
        ("may lose", found.most),
    ]
    print_facts(console, facts)
    if not found.changed:
        return
    console.print()
    for each in found.changed[:_MOST_NAMED]:
        before = found.first.labels[each.first.answer]
        now = found.second.labels[each.second.answer]
        what = each.kind.replace("_", " ")
        line = f"  {what:<11}  {each.name}: {before} {each.first.score:.2f} → "
        console.print(Text(clean(f"{line}{now} {each.second.score:.2f}")), soft_wrap=True)
    if len(found.changed) > _MOST_NAMED:
        more = len(found.changed) - _MOST_NAMED
        console.print(Text(f"  and {more:,} more: --json has all, --html shows them", style="dim"))


def _title(name: str, release: str) -> str:
    from inference.layout import abbreviated

    return f"{name} {abbreviated(release)}"
