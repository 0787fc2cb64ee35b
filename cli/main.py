"""The operator's command, `microlens`: one file per command, gathered here.

Starting must be quick, so a command imports what is heavy (NumPy, uvicorn, boto3) when it runs
and not before.
"""

from __future__ import annotations

import signal
import sys
from io import TextIOWrapper
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from cli.bench import bench
from cli.calibrate import calibrate
from cli.classify import classify
from cli.compare import compare
from cli.doctor import doctor
from cli.evaluate import evaluate
from cli.ingest import ingest
from cli.list import list_models
from cli.promote import promote
from cli.publish import publish
from cli.results import results
from cli.rollback import rollback
from cli.serve import serve
from cli.settings import settings
from cli.show import show
from cli.terminal import clean
from cli.token import token
from cli.train import train
from cli.watch import watch
from inference.errors import MicrolensError
from inference.room import has_no_room, reason


class Commands(TyperGroup):
    """The one place where errors of ours end: a sentence on stderr and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that `ctx` names."""
        try:
            return super().invoke(ctx)
        except MicrolensError as exc:
            # One line, and no escape of a key's or a service's own for the terminal to obey.
            typer.echo(f"microlens: {clean(' '.join(str(exc).split()))}", err=True)
            raise typer.Exit(1) from exc
        except OSError as exc:
            if not has_no_room(exc):
                raise
            place = exc.filename or "a temporary file"
            typer.echo(f"microlens: {place} cannot be written: {reason(exc)}", err=True)
            raise typer.Exit(1) from exc


# Help and mistakes are printed as plain text: quicker than in colour, and not cut into boxes.
app = typer.Typer(
    name="microlens",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
# `microlens --help` lists them in this order: asking, making models, moving them, judging them,
# whole buckets, the rest.
for command in (
    *(serve, classify),
    *(train, doctor, publish, watch),
    *(list_models, show, promote, rollback),
    *(evaluate, compare, calibrate, bench),
    *(ingest, results),
    *(settings, token),
):
    app.command("list" if command is list_models else None)(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        from cli.version import version

        typer.echo(f"microlens {version()}")
        raise typer.Exit


@app.callback()
def microlens(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Say what pictures show; make, publish and measure the models that say it.

    MODEL is the folder or S3 prefix of a model, or STORE/NAME@STAGE: STORE is a folder or
    s3://BUCKET/PREFIX that holds models, and a STAGE (dev, prod, …) points to the release of the
    model NAME that is in use. docs/cli.md begins with all that the commands share.

    Exit code 0: done. 1: refused or failed, the reason is on stderr. 2: wrong usage.
    """


def _stop(number: int, _: FrameType | None) -> NoReturn:
    """End as a shell names it, 128 + the signal, and on the way tidy up as any end does."""
    signal.signal(number, signal.SIG_IGN)  # a second one would interrupt the tidying up
    raise SystemExit(128 + number)


def main() -> None:
    """The entry point."""
    signal.signal(signal.SIGTERM, _stop)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A label or a path in letters that the terminal lacks is no reason to fail.
            stream.reconfigure(errors="replace")
    app()


if __name__ == "__main__":
    main()
