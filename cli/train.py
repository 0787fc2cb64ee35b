"""`microlens train`: from a folder of pictures for each class to a bundle."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.documents import Json, print_json
from cli.groups import GroupBy, Groups


class Quantise(StrEnum):
    """What becomes of the numbers."""

    auto = "auto"
    none = "none"
    int8 = "int8"


class Augment(StrEnum):
    """Whether other views of a picture are learned from."""

    auto = "auto"
    never = "never"


class Framing(StrEnum):
    """Which part of a picture is looked at."""

    squash = "squash"
    crop = "crop"


def train(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            exists=True,
            file_okay=False,
            help="One folder of pictures for each class, named like its label.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            metavar="BUNDLE",
            help="The bundle to write; one that is there is replaced.",
            show_default=False,
        ),
    ],
    name: Annotated[
        str | None,
        typer.Option(help="What the model is called; else as BUNDLE is.", show_default=False),
    ] = None,
    validation: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            exists=True,
            file_okay=False,
            help="Measure on these pictures, instead of on a fifth of FOLDER.",
            show_default=False,
        ),
    ] = None,
    groups: Groups = None,
    group_by: GroupBy = None,
    backbone: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="A Keras network to learn on; else EfficientNet-Lite0.",
            show_default=False,
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|recipe.json",
            help="How --backbone wants its pictures: 0-1, 0-255, -1-1, caffe, torch, or a file. "
            "See docs/recipes.md.",
            show_default=False,
        ),
    ] = None,
    fit: Annotated[
        Framing,
        typer.Option(
            help="Look at the whole picture, whatever its shape, or at its central square."
        ),
    ] = Framing.squash,
    augment: Annotated[
        Augment,
        typer.Option(help="auto learns from mirrored, cropped and turned views unless that harms."),
    ] = Augment.auto,
    quantise: Annotated[
        Quantise, typer.Option(help="auto is int8 where that costs next to nothing.")
    ] = Quantise.auto,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Chooses the fifth.")] = 0,
    work: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            file_okay=False,
            help="Where features are kept for the next run; else BUNDLE.work.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was stopped.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look at the pictures and print the plan.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Train a classifier on a folder of your own pictures.

    It is measured on a fifth of them, from which it does not learn, and written as a bundle.
    Ctrl-C ends it early, with the best so far as the bundle. Exit code 2 for a folder that no
    model can be trained from.
    """
    from cli.needed import FIGURES, MODELS, need

    need(*MODELS, *FIGURES)
    from cli.courses import course
    from cli.trained import as_object, print_trained
    from training.transfer.course import Interrupted
    from training.transfer.folders import Unusable
    from training.transfer.plans import Order, follow, plan

    place = out if out.name else out.resolve()
    order = Order(
        folder=folder,
        out=out,
        name=name or place.name,
        validation=validation,
        groups=groups,
        group_by=group_by,
        backbone=backbone,
        recipe=recipe,
        fit=fit.value,
        augment=augment.value,
        quantise=quantise.value,
        seed=seed,
        work=work or place.with_name(f"{place.name}.work"),
        resume=resume,
    )
    with course() as run:
        try:
            planned = plan(order, run)
            for remark in planned.survey.remarks:
                run.say(remark)
            made = None if dry_run else follow(planned, run)
        except Unusable as exc:
            raise typer.BadParameter(str(exc)) from exc
        except (Interrupted, KeyboardInterrupt) as exc:
            run.say(f"stopped, no bundle was written; what was computed is in {order.work}")
            raise typer.Exit(1) from exc
    if as_json:
        print_json(as_object(planned, made))
    else:
        print_trained(planned, made)
