"""`microlens publish`: from Keras files to a release that a stage points to."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.documents import Json, print_json
from cli.model_files import FILES, LABELS, PICTURES, SIZE, parse_size

if TYPE_CHECKING:
    from training.publishing import Published


class Quantise(StrEnum):
    """What becomes of the numbers."""

    none = "none"
    float16 = "float16"
    int8 = "int8"


def publish(
    files: Annotated[list[Path], FILES],
    to: Annotated[
        str,
        typer.Option(
            metavar="STORE/NAME@STAGE",
            help="The stage that is moved to the release; STORE is a folder or s3://BUCKET/PREFIX.",
            show_default=False,
        ),
    ],
    labels: Annotated[Path | None, LABELS] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|recipe.json",
            help="How pictures are prepared: 0-1, 0-255, -1-1, caffe, torch, or a file; else "
            "recipe.json beside the model, or what --pictures tell. See docs/recipes.md.",
            show_default=False,
        ),
    ] = None,
    pictures: Annotated[Path | None, PICTURES] = None,
    quantise: Annotated[
        Quantise, typer.Option(help="float16 halves the model; int8 makes it small and quick.")
    ] = Quantise.none,
    size: Annotated[str | None, SIZE] = None,
    no_source: Annotated[
        bool, typer.Option("--no-source", help="Leave the Keras files out of the release.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Convert and measure; write nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a release of a model's files, and point a stage to it.

    They are converted, and it is proved that the answers stayed the same; the folder of a bundle
    is published as it is.
    """
    from cli.needed import MODELS, need

    need(*MODELS)
    from cli.progress import progress
    from cli.registry import hand, stage_at
    from inference.stores import open_store
    from training.isolated import run_apart
    from training.orders import Wish
    from training.publishing import publish as publish_model

    place, stage = stage_at(to)
    wish = Wish(labels, recipe, pictures, quantise.value, parse_size(size), not no_source)
    with progress() as tell:
        published = publish_model(
            files,
            open_store(place.store),
            place.name,
            stage,
            wish,
            hand(dry_run=dry_run),
            run_apart,
            tell,
        )
    if as_json:
        print_json(_as_object(published, dry_run))
    else:
        _print(published, dry_run)


def _as_object(published: Published, dry_run: bool) -> dict[str, Any]:
    return {
        "model": published.stage.name,
        "stage": published.stage.stage,
        "old": published.old,
        "release": published.release,
        "changed": published.moved is not None,
        "dry_run": dry_run,
        "undo": _undo(published),
        "manifest": published.manifest.model_dump(mode="json", exclude_none=True),
        "findings": published.findings.as_object() if published.findings else None,
    }


def _undo(published: Published) -> str | None:
    """The command that takes the move back; None where nothing moved, or from nothing."""
    if published.moved is None or published.old is None:
        return None
    return shlex.join(["microlens", "rollback", str(published.stage)])


def _print(published: Published, dry_run: bool) -> None:
    from rich.text import Text

    from cli.facts import print_facts
    from cli.terminal import stdout
    from inference.layout import abbreviated

    console = stdout()
    new, old = abbreviated(published.release), published.old
    console.print(Text(f"release {new} of {published.stage.name}", style="bold"))
    print_facts(console, _lines(published))
    if dry_run:
        console.print(Text("dry run: nothing was written"))
    elif published.moved is None:
        console.print(Text(f"{published.stage} is {new} already: there is nothing to do"))
    else:
        before = abbreviated(old) if old else "nothing"
        console.print(Text(f"{published.stage} moved: {before} → {new}"))
    if command := _undo(published):
        console.print(Text(f"undo: {command}"))


def _lines(published: Published) -> list[tuple[str, str]]:
    """What was found, mended, converted and measured, a line for each."""
    from inference.plurals import counted

    manifest, findings = published.manifest, published.findings
    if findings is None:
        return [("bundle", "published as it was given; its golden answers are right")]
    conversion = findings.conversion
    count = f", {conversion.parameters:,} parameters" if conversion.parameters else ""
    lines = [("found", f"{manifest.origin.source}, written by {conversion.written_by}{count}")]
    lines += [("mended", each) for each in conversion.mended]
    shape = f"{conversion.size[0]} × {conversion.size[1]}, {counted(conversion.classes, 'class')}"
    lines += [("looks at", shape), ("recipe", findings.recipe_from)]
    made = {"none": "float32"}.get(conversion.scheme, conversion.scheme)
    if conversion.inexpressible:
        lines.append(("kept", f"for TensorFlow: {conversion.inexpressible}"))
    else:
        size = manifest.files["model.tflite"].bytes
        lines.append(("converted", f"to LiteRT {made}, {size:,} bytes"))
    if conversion.proof:
        lines.append(("proved", str(conversion.proof)))
    if accuracy := manifest.accuracy:
        shown = counted(accuracy.pictures, "picture")
        lines.append(("accuracy", f"{accuracy.top1:.1%} of {shown} right"))
    if labelled := findings.labelled:
        lines += [("passed over", f"{each} cannot be decoded") for each in labelled.passed_over]
    lines += [("doubt", each) for each in findings.doubts]
    return lines + [("note", each) for each in conversion.notes]
