"""What the commands on a registry share: naming a place, and telling of a change."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import typer

from cli.documents import print_json

if TYPE_CHECKING:
    from inference.layout import Place
    from training.registry.changes import Change, Hand

STORE_RULE = "STORE is a folder or s3://BUCKET/PREFIX"


def model_at(text: str) -> Place:
    """The model that an argument `STORE/NAME` names; wrong usage if it names none."""
    from inference.layout import parse_place, why_no_place

    place = parse_place(text)
    if place is None or place.stage:
        why = why_no_place(text) or f"STORE/NAME, where {STORE_RULE}"
        raise typer.BadParameter(f"{text!r} names no model: {why}")
    return place


def stage_at(text: str) -> tuple[Place, str]:
    """The place and stage that an argument `STORE/NAME@STAGE` names; wrong usage if none."""
    from inference.layout import parse_place, why_no_place

    place = parse_place(text)
    if place is None or not place.stage:
        why = why_no_place(text) or f"STORE/NAME@STAGE, where {STORE_RULE}"
        raise typer.BadParameter(f"{text!r} names no stage: {why}")
    return place, place.stage


def hand(*, dry_run: bool) -> Hand:
    """This user, now."""
    from datetime import UTC, datetime

    from training.registry.author import this_author
    from training.registry.changes import Hand

    return Hand(by=this_author(), at=datetime.now(UTC), dry_run=dry_run)


def tell(change: Change, *, as_json: bool) -> None:
    """Print what was done, or would be: old → new, what differs, the command that undoes it."""
    if as_json:
        print_json(_as_object(change))
    else:
        _print(change)


def undo(change: Change) -> str | None:
    """The command that undoes `change`; None if it changes nothing, or there was nothing before.

    A promotion is rolled back; a rollback is undone by promoting the release that went.
    """
    if change.old is None or not change.is_needed:
        return None
    from inference.layout import Place, abbreviated

    stage = change.stage
    if change.action == "rollback":
        model = str(Place(stage.store.url, stage.name))
        words = ["microlens", "promote", model, abbreviated(change.old), stage.stage]
    else:
        words = ["microlens", "rollback", str(stage)]
    return shlex.join(words)


def _as_object(change: Change) -> dict[str, Any]:
    comparison = change.comparison
    golden = comparison.golden if comparison else None
    return {
        "model": change.stage.name,
        "stage": change.stage.stage,
        "action": change.action,
        "old": change.old,
        "new": change.new,
        "changed": change.moved is not None,
        "differences": [
            {"what": each.what, "old": each.old, "new": each.new, "text": each.text}
            for each in (comparison.differences if comparison else ())
        ],
        "golden": {"same": golden.same, "pictures": golden.pictures} if golden else None,
        "not_compared": comparison.unreadable if comparison else None,
        "undo": undo(change),
    }


def _print(change: Change) -> None:
    from rich.table import Table
    from rich.text import Text

    from cli.terminal import clean, stdout
    from inference.layout import abbreviated

    console, new = stdout(), abbreviated(change.new)
    if not change.is_needed:
        console.print(Text(f"{change.stage} is {new} already: there is nothing to do"))
        return
    old = abbreviated(change.old) if change.old else "nothing"
    would = "" if change.moved else "would be "
    console.print(Text(f"{change.stage} {would}moved: {old} → {new}"))
    grid = Table.grid(padding=(0, 2))
    for what, text in _lines(change):
        grid.add_row(Text(f"  {what}"), Text(clean(text)))
    if grid.row_count:
        console.print(grid)
    command = undo(change)
    if change.moved and command:
        console.print(Text(f"undo: {command}"))
    elif not change.moved:
        console.print(Text("dry run: its golden answers are right, and nothing was changed"))


def _lines(change: Change) -> list[tuple[str, str]]:
    """What differs, a line for each."""
    comparison = change.comparison
    if comparison is None:
        return []
    if comparison.unreadable:
        return [("not compared", f"the release that goes: {comparison.unreadable}")]
    lines = [(each.what, each.text) for each in comparison.differences]
    if golden := comparison.golden:
        count = "all" if golden.same == golden.pictures else f"{golden.same} of the"
        text = f"{count} {golden.pictures} of the old release get the same label"
        lines.append(("golden pictures", text))
    return lines
