"""What the commands that measure models share: arguments, the beginning, and the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from training.evaluation.asking import Subject
    from training.evaluation.figures import Share
    from training.labelled import LabelledPicture

Folder = Annotated[
    Path,
    typer.Argument(
        metavar="LABELLED_FOLDER",
        exists=True,
        file_okay=False,
        help="One folder of pictures for each class, named like its label or its index.",
        show_default=False,
    ),
]
Html = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        dir_okay=False,
        help="Write a page with plots and pictures, all in one file.",
        show_default=False,
    ),
]
Token = Annotated[
    str | None,
    typer.Option(
        help="The bearer token of a service.",
        show_default="MICROLENS_TOKEN",
    ),
]


def begin(
    models: Sequence[str], folder: Path, html: Path | None, token: str | None
) -> list[tuple[Subject, list[LabelledPicture]]]:
    """Each model, loaded, with the pictures and its classes of them, in the order to ask in.

    A folder that nothing can be measured on is wrong usage, found before any model is loaded.
    """
    from cli.needed import FIGURES, PAGES, need
    from cli.service import is_web_address
    from cli.subjects import open_subject
    from inference.settings import read_settings
    from training.evaluation.folder import BadFolder, check_names, pictures_of

    need(*FIGURES, *(PAGES if html else ()))
    check_place(html, "--html")
    for model in models:
        if model.startswith(("http://", "https://")) and not is_web_address(model):
            raise typer.BadParameter(f"{model!r} is no address of a service: http://HOST[:PORT]")
    try:
        check_names(folder)
        settings = read_settings()
        if token is None and settings.token:
            token = settings.token.get_secret_value()
        opened = [open_subject(model, settings, token) for model in models]
        found = [pictures_of(folder, each.labels) for each in opened]
    except BadFolder as exc:
        raise typer.BadParameter(str(exc), param_hint="LABELLED_FOLDER") from exc
    except OSError as exc:
        what = f"{exc.filename or folder} cannot be read: {exc.strerror}"
        raise typer.BadParameter(what, param_hint="LABELLED_FOLDER") from exc
    return [(each.load(), pictures) for each, pictures in zip(opened, found, strict=True)]


def check_place(path: Path | None, option: str) -> None:
    """Refuse a file that cannot be written, before any work is done for it."""
    if path is not None and not path.resolve().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.resolve().parent}", param_hint=option)


def write_whole(path: Path, text: str) -> None:
    """Write a file that under its name is whole. Raises `OperatorError`."""
    from inference.errors import OperatorError
    from inference.room import reason
    from inference.whole import written_whole

    try:
        with written_whole(path) as unfinished:
            unfinished.write_bytes(text.encode("utf-8", "replace"))
    except OSError as exc:
        raise OperatorError(f"{path} cannot be written: {reason(exc)}") from exc


def share(found: Share) -> str:
    """`98.3% of 359 (96.4% to 99.2%)`, the 95 % interval in brackets."""
    return f"{found.value:.1%} of {found.of:,} ({found.low:.1%} to {found.high:.1%})"
