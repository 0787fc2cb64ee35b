"""Arguments that name a model's files and what goes with them, for the commands that read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from inference.framing import Size

FILES = typer.Argument(
    metavar="FILE|FOLDER",
    exists=True,
    help="architecture.json + weights.h5, .h5, .keras, a SavedModel or .tflite; or their folder.",
    show_default=False,
)
LABELS = typer.Option(
    metavar="labels.txt",
    exists=True,
    dir_okay=False,
    help="One label a line, in the order of the output; else labels.txt beside the model.",
    show_default=False,
)
PICTURES = typer.Option(
    metavar="LABELLED_FOLDER",
    exists=True,
    file_okay=False,
    help="One folder of pictures for each class, named like its label or its index: they tell "
    "the recipe, and how often the model is right.",
    show_default=False,
)
SIZE = typer.Option(
    metavar="WIDTHxHEIGHT",
    help="The size of its pictures, for a network that looks at any.",
    show_default=False,
)


def parse_size(text: str | None) -> Size | None:
    """The size in `224x224`, width first; wrong usage if it is none."""
    if text is None:
        return None
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and 0 < int(width) * int(height) <= 4096**2):
        raise typer.BadParameter(f"{text!r} is no size: WIDTHxHEIGHT, such as 224x224")
    return int(width), int(height)
