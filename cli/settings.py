"""`microlens settings`: what can be set, what it is set to, and by whom."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel


def settings(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Print what can be set and what it is set to."""
    from inference.settings import read_settings

    rows = describe(read_settings())
    if as_json:
        typer.echo(json.dumps({"settings": rows}, indent=2, ensure_ascii=False).encode())
    else:
        _print(rows)


def describe(given: BaseModel) -> list[dict[str, Any]]:
    """One row per setting: its variable, value, source (`environment` or `default`), meaning.

    The value of a secret is a row of stars, whoever asks.
    """
    from inference.settings import variable

    values = given.model_dump(mode="json")
    return [
        {
            "variable": variable(name),
            "value": sorted(values[name]) if isinstance(values[name], list) else values[name],
            "source": "environment" if name in given.model_fields_set else "default",
            "meaning": field.description,
        }
        for name, field in type(given).model_fields.items()
    ]


def _print(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False)
    for row in rows:
        source = (f"  ({row['source']})", "dim")
        line = Text.assemble((row["variable"], "bold"), f"={_as_written(row['value'])}", source)
        console.print(line, soft_wrap=True)
        console.print(Padding(Text(row["meaning"]), (0, 0, 0, 4), expand=False))


def _as_written(value: object) -> str:
    """The value as the environment would hold it."""
    if value is None:
        return ""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
