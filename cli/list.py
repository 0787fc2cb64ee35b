"""`microlens list`: the models of a registry, their stages and releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.documents import Json, print_json

if TYPE_CHECKING:
    from rich.table import Table

    from training.registry.overview import ModelEntry, ReleaseEntry


def list_models(
    where: Annotated[
        str,
        typer.Argument(
            metavar="STORE[/NAME]",
            help="A registry, or a model in it; STORE is a folder or s3://BUCKET/PREFIX.",
            show_default=False,
        ),
    ],
    as_json: Json = False,
) -> None:
    """List the models of a registry, their stages and their releases."""
    from training.registry.overview import find_models

    models = find_models(where)
    if as_json:
        print_json({"models": [_as_object(model) for model in models]})
    else:
        _print(models)


def _as_object(model: ModelEntry) -> dict[str, Any]:
    return {
        "name": model.name,
        "stages": [
            {
                "stage": each.stage,
                "pointer": each.pointer.model_dump(mode="json") if each.pointer else None,
                "fault": each.fault,
            }
            for each in model.stages
        ],
        "releases": [_release_as_object(each) for each in model.releases],
    }


def _release_as_object(release: ReleaseEntry) -> dict[str, Any]:
    from training.registry.differences import release_bytes

    manifest = release.manifest
    accuracy = manifest.accuracy if manifest else None
    first = release.first.model_dump(mode="json") if release.first else {}
    return {
        "release": release.digest,
        "since": first.get("since"),
        "by": first.get("by"),
        "bytes": release_bytes(manifest) if manifest else None,
        "accuracy": accuracy.model_dump() if accuracy else None,
        "stages": list(release.stages),
        "standing": release.standing,
        "fault": release.fault,
    }


def _print(models: tuple[ModelEntry, ...]) -> None:
    from rich.text import Text

    from cli.terminal import stdout

    console = stdout()
    for place, model in enumerate(models):
        if place:
            console.print()
        console.print(Text(model.name, style="bold"))
        for table in (_stages(model), _releases(model)):
            if table.row_count:
                console.print(table)


def _stages(model: ModelEntry) -> Table:
    from cli.terminal import clean
    from inference.layout import abbreviated

    table = _table("Stage", "Release", "Since", "By", "Action")
    for each in model.stages:
        if each.pointer:
            move = each.pointer
            since = f"{move.since:%Y-%m-%d %H:%M}"
            table.add_row(
                f"  {each.stage}", abbreviated(move.release), since, clean(move.by), move.action
            )
        else:
            table.add_row(f"  {each.stage}", "–", "–", "–", clean(each.fault or ""))
    return table


def _releases(model: ModelEntry) -> Table:
    from cli.terminal import clean
    from inference.layout import abbreviated
    from training.registry.differences import as_size_of_file, release_bytes

    table = _table("Release", "Since", "By", "Size", "Accuracy", "Stages")
    for each in model.releases:
        manifest, first = each.manifest, each.first
        accuracy = manifest.accuracy if manifest else None
        table.add_row(
            f"  {abbreviated(each.digest)}",
            f"{first.since:%Y-%m-%d %H:%M}" if first else "–",
            clean(first.by) if first else "–",
            as_size_of_file(release_bytes(manifest)) if manifest else "–",
            f"{accuracy.top1:.1%}" if accuracy else "–",
            clean(_standing(each)),
        )
    return table


def _standing(release: ReleaseEntry) -> str:
    """Which stages point to it, or that none does; and what is wrong with it."""
    words = {
        "current": ", ".join(release.stages),
        "remembered": "(in a history)",
        "unreferenced": "(unreferenced)",
    }[release.standing]
    return f"{words} {release.fault}" if release.fault else words


def _table(*columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        right = column in {"Size", "Accuracy"}
        table.add_column(
            column if place else f"  {column}",
            justify="right" if right else "left",
            overflow="fold",
        )
    return table
