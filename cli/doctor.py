"""`microlens doctor`: what a model's files are, what is missing, which recipe they need."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.documents import Json, print_json
from cli.model_files import FILES, LABELS, PICTURES, SIZE, parse_size

if TYPE_CHECKING:
    from training.diagnosis import Diagnosis
    from training.doctor import Checkup


def doctor(
    files: Annotated[list[Path], FILES],
    pictures: Annotated[Path | None, PICTURES] = None,
    labels: Annotated[Path | None, LABELS] = None,
    size: Annotated[str | None, SIZE] = None,
    as_json: Json = False,
) -> None:
    """Say what a model's files are, and which recipe it needs.

    That is: which Keras wrote them, what is missing, how it was mended, and which of the known
    recipes the labelled pictures speak for.

    Exit code 1 when the model could not be published with these files and pictures.
    """
    from cli.needed import MODELS, need

    need(*MODELS)
    from cli.progress import progress
    from training.doctor import check_up
    from training.isolated import run_apart

    with progress() as tell:
        checkup = check_up(files, labels, pictures, parse_size(size), run_apart, tell)
    if as_json:
        print_json(checkup.as_object())
    else:
        _print(checkup)
    if not checkup.ready:
        raise typer.Exit(1)


def _print(checkup: Checkup) -> None:
    from rich.text import Text

    from cli.facts import print_facts
    from cli.terminal import stdout

    console = stdout()
    console.print(Text(" + ".join(checkup.found.files.needs), style="bold"))
    print_facts(console, _lines(checkup))
    if checkup.diagnosis:
        _print_trials(checkup.diagnosis)


def _lines(checkup: Checkup) -> list[tuple[str, str]]:
    from inference.plurals import counted

    conversion = checkup.conversion
    count = f", {conversion.parameters:,} parameters" if conversion.parameters else ""
    width, height = conversion.size
    colour = "grey" if conversion.channels == 1 else "RGB"
    lines = [("written by", f"{conversion.written_by}, read by {conversion.library}{count}")]
    lines += [("mended", each) for each in conversion.mended]
    classes = counted(conversion.classes, "class")
    lines.append(("looks at", f"{width} × {height} {colour}, {classes}"))
    served = conversion.inexpressible
    lines.append(("served by", f"TensorFlow: {served}" if served else "LiteRT"))
    if conversion.proof:
        lines.append(("copy", str(conversion.proof)))
    lines += [("note", each) for each in (*conversion.notes, *checkup.remarks)]
    lines += [("missing", each) for each in checkup.missing]
    if checkup.diagnosis:
        lines += [("recipe", each) for each in checkup.diagnosis.sentences]
        if found := checkup.diagnosis.recipe:
            lines.append(("take", found.name))
    return lines


def _print_trials(diagnosis: Diagnosis) -> None:
    """The figures, best first: scalings with the usual framing, then framings of the best."""
    from rich.table import Table

    from cli.terminal import stdout

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Recipe")
    table.add_column("Right", justify="right")
    table.add_column("Log-likelihood", justify="right")
    for trials in (diagnosis.scalings, diagnosis.framings):
        for each in trials:
            table.add_row(each.named.name, f"{each.accuracy:.1%}", f"{each.log_likelihood:.3f}")
        table.add_section()
    stdout().print(table)
