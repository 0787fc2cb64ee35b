"""What commands check of their arguments before any work begins: a mistake is wrong usage."""

from __future__ import annotations

import typer


def check_model(model: str | None) -> str | None:
    """Refuse an empty MODEL: `--model "$UNSET"` would silently serve the default one."""
    if model is not None and not model.strip():
        raise typer.BadParameter("the name of a model is empty; without --model the setting counts")
    return model
