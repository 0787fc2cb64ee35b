"""`microlens promote`: a stage takes over the release of another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.documents import Json


def promote(
    model: Annotated[
        str,
        typer.Argument(
            metavar="STORE/NAME",
            help="The model; STORE is a folder or s3://BUCKET/PREFIX.",
            show_default=False,
        ),
    ],
    source: Annotated[
        str,
        typer.Argument(
            metavar="FROM",
            help="The stage whose release it is, or the first 7 or more digits of a release.",
            show_default=False,
        ),
    ],
    target: Annotated[
        str,
        typer.Argument(metavar="TO", help="The stage that is moved to it.", show_default=False),
    ],
    require: Annotated[
        Path | None,
        typer.Option(
            metavar="REPORT",
            exists=True,
            dir_okay=False,
            help="Refuse unless this report passes this very release.",
            show_default=False,
        ),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(
            metavar="LABELLED_FOLDER",
            exists=True,
            file_okay=False,
            help="Refuse unless REPORT rests on exactly these pictures.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and compare; change nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Move a stage to the release of another.

    The release is loaded and gives its golden answers first. `microlens rollback` undoes it.
    """
    from cli.registry import hand, model_at, tell
    from cli.terminal import libraries_are_quiet
    from inference.layout import STAGE_RULE, is_abbreviated_digest, is_stage
    from inference.stores import open_store
    from training.evaluation.folder import folder_digest
    from training.registry.changes import promote as promote_release
    from training.registry.report import read_report

    place = model_at(model)
    if not is_stage(target):
        raise typer.BadParameter(f"{target!r} is no stage: {STAGE_RULE}", param_hint="TO")
    if not is_stage(source) and not is_abbreviated_digest(source):
        raise typer.BadParameter(
            f"{source!r} is neither a stage nor the beginning of a digest: a stage is {STAGE_RULE}",
            param_hint="FROM",
        )
    if source == target:
        raise typer.BadParameter(f"{source!r} is promoted to itself", param_hint="TO")
    if pictures and not require:
        raise typer.BadParameter("there is no report to hold them against: --require REPORT")
    report = read_report(require) if require else None
    data = folder_digest(pictures) if pictures else None
    with libraries_are_quiet():
        change = promote_release(
            *(open_store(place.store), place.name, source, target),
            *(hand(dry_run=dry_run), report, data),
        )
    tell(change, as_json=as_json)
