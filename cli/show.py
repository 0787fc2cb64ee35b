"""`microlens show`: what one stage, release or bundle is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.documents import Json, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.manifest import Manifest
    from training.registry.description import Description

_MOVES = 10
"""How much of a history people want to read; the JSON has all of it."""


def show(
    what: Annotated[
        str,
        typer.Argument(
            metavar="STORE/NAME@STAGE|BUNDLE",
            help="A stage, STORE/NAME@DIGEST for a release (7 digits or more), or the folder or "
            "S3 prefix of a bundle.",
            show_default=False,
        ),
    ],
    as_json: Json = False,
) -> None:
    """Show what a stage, a release or a bundle is."""
    from training.registry.description import describe

    description = describe(what)
    if as_json:
        print_json(_as_object(description))
    else:
        _print(description)


def _as_object(description: Description) -> dict[str, Any]:
    bundle, pointer = description.bundle, description.pointer
    return {
        "release": bundle.release,
        "pointer": pointer.model_dump(mode="json") if pointer else None,
        "manifest": bundle.manifest.model_dump(mode="json"),
        "labels": list(description.labels),
    }


def _print(description: Description) -> None:
    from rich.table import Table
    from rich.text import Text

    from cli.terminal import clean, stdout

    console, bundle = stdout(), description.bundle
    pointer = description.pointer
    stage = f"@{pointer.stage}" if pointer else ""
    console.print(Text(f"{bundle.manifest.name}{stage}, release {bundle.release}"))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in (*_lines(bundle.manifest, description.labels), *_moves(description)):
        grid.add_row(Text(f"  {name}"), Text(clean(text)))
    console.print(grid)


def _lines(manifest: Manifest, labels: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The manifest, a line for each thing that one may want to know."""
    from training.registry.differences import (
        as_accuracy,
        as_agreement,
        as_calibration,
        as_size_of_file,
        model_bytes,
        release_bytes,
        some_labels,
    )

    size, recipe = manifest.input, manifest.recipe
    yield "picture", f"{size.width} × {size.height} {recipe.colour}, {size.dtype}"
    fit = f"crop {recipe.crop_fraction:g}" if recipe.fit == "crop" else recipe.fit
    mean, std = (", ".join(f"{each:g}" for each in part) for part in (recipe.mean, recipe.std))
    yield "recipe", f"{recipe.resize}, {fit}, (pixel × {recipe.scale:g} − {mean}) / {std}"
    yield "labels", f"{len(labels):,}: {some_labels(labels)}"
    yield "activation", manifest.output.activation
    yield "loader", f"{manifest.loader}, {as_size_of_file(model_bytes(manifest))}"
    quantisation = manifest.quantisation
    agreement = quantisation.agreement
    measured = f"; {as_agreement(agreement.model_dump())}" if agreement else ""
    yield "quantisation", quantisation.scheme + measured
    if manifest.accuracy:
        yield "accuracy", as_accuracy(manifest.accuracy.model_dump())
    if manifest.calibration:
        yield "calibration", as_calibration(manifest.calibration.model_dump())
    origin = manifest.origin
    yield "origin", "; ".join(filter(None, (origin.source, origin.licence, origin.url)))
    yield "made by", ", ".join(f"{name} {of}" for name, of in manifest.made_by.items())
    yield "files", f"{len(manifest.files):,}, {as_size_of_file(release_bytes(manifest))}"


def _moves(description: Description) -> Iterator[tuple[str, str]]:
    """The stage's moves, newest first."""
    from inference.layout import abbreviated

    if description.pointer is None:
        return
    moves = description.pointer.moves
    for place, move in enumerate(moves[:_MOVES]):
        when = f"{move.since:%Y-%m-%d %H:%M} UTC"
        text = f"{abbreviated(move.release)}  {move.action} by {move.by}, {when}"
        yield ("before" if place else "stage"), text
