"""What commands check of their arguments before any work begins: a mistake is wrong usage."""

from __future__ import annotations

from typing import Annotated, Any

import typer


def number(low: float, high: float, help: str) -> Any:  # noqa: A002 - as Typer calls it
    """An option whose value is a number from `low` to `high`; a NaN is none of them."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:  # so that a NaN, which compares with nothing, is refused
            raise typer.BadParameter(f"{text!r} is no number from {low:g} to {high:g}")
        return value

    return typer.Option(parser=parse, metavar=f"{low:g}-{high:g}", help=help)


def check_model(model: str | None) -> str | None:
    """Refuse an empty MODEL: `--model "$UNSET"` would silently serve the default one."""
    if model is not None and not model.strip():
        raise typer.BadParameter("the name of a model is empty; without --model the setting counts")
    return model


Model = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        callback=check_model,
        help="What answers: the folder or S3 prefix of a model, or STORE/NAME@STAGE.",
        show_default="MICROLENS_MODEL",
    ),
]


def check_store(store: str | None) -> str | None:
    """Refuse what is no STORE, and an empty one as `check_model` does."""
    from inference.errors import SettingsError
    from inference.stores import bucket_and_prefix

    if store is not None and not store.strip():
        raise typer.BadParameter("the name of a store is empty; without it the setting counts")
    try:
        bucket_and_prefix(store or "")
    except SettingsError as exc:
        raise typer.BadParameter(str(exc)) from exc
    return store
