"""`microlens rollback`: a stage goes back to the release before."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.documents import Json


def rollback(
    stage: Annotated[
        str,
        typer.Argument(
            metavar="STORE/NAME@STAGE",
            help="The stage; STORE is a folder or s3://BUCKET/PREFIX.",
            show_default=False,
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and compare; change nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Move a stage back to the release before.

    Once more goes one further back. The release is loaded and gives its golden answers first.
    """
    from cli.registry import hand, stage_at, tell
    from cli.terminal import libraries_are_quiet
    from inference.stores import open_store
    from training.registry.changes import rollback as roll_back

    place, name = stage_at(stage)
    with libraries_are_quiet():
        change = roll_back(open_store(place.store), place.name, name, hand(dry_run=dry_run))
    tell(change, as_json=as_json)
