"""`microlens watch`: models dropped into a registry on this machine are published by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import number

if TYPE_CHECKING:
    from training.status import Status


def watch(
    store: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="A registry: models are dropped into DIR/NAME/incoming/.",
            show_default=False,
        ),
    ],
    seconds: Annotated[float, number(0.1, 3600, "Seconds from one look to the next.")] = 2.0,
    once: Annotated[
        bool, typer.Option("--once", help="Look once, as if nothing were being copied, and end.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="As --once: convert and measure; write nothing.")
    ] = False,
) -> None:
    """Publish to dev whatever is dropped into DIR/NAME/incoming/.

    What became of it is printed, and written into DIR/NAME/status.json. With --once, exit code 1
    when something was refused, is waited for or was passed over; with --dry-run when something
    would be.
    """
    from cli.needed import MODELS, need

    need(*MODELS)
    from threading import Event

    from cli.terminal import clean, libraries_are_quiet
    from inference.stores.directory import DirectoryStore
    from training.isolated import run_apart
    from training.watching import Watch
    from training.workers import this_watch

    once = once or dry_run
    watched = Watch(DirectoryStore(store), run_apart, this_watch(), dry_run)
    seen: list[Status] = []

    def tell(status: Status) -> None:
        seen.append(status)
        typer.echo(f"{status.name}: {clean(status.detail)}")

    def look() -> bool:
        """Look once; whether everything could be attended to."""
        with libraries_are_quiet():
            troubles = watched.look(tell, settled=once)
        for trouble in troubles:
            typer.echo(f"microlens: {clean(trouble)}", err=True)
        return not troubles

    if once:
        fine = look()
        if fine and not seen:
            typer.echo(f"microlens: nothing lies in any {store}/NAME/incoming/", err=True)
        if not fine or any(status.state != "published" for status in seen):
            raise typer.Exit(1)
        return
    pause = Event()
    try:
        while True:
            look()
            pause.wait(seconds)
    except KeyboardInterrupt:
        return
