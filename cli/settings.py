"""`microlens settings`: what can be set, what it is set to, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cli.documents import Json, print_json

if TYPE_CHECKING:
    from pydantic import BaseModel


_INDENTED: Final[dict[str, Any]] = {
    "initial_indent": "    ",
    "subsequent_indent": "    ",
    "break_on_hyphens": False,
}


def settings(
    as_json: Json = False,
) -> None:
    """Print what can be set and what it is set to."""
    from inference.settings import read_settings

    rows = describe(read_settings())
    if as_json:
        print_json({"settings": rows})
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
    from textwrap import fill

    from rich.console import Console
    from rich.text import Text

    from cli.terminal import clean

    console = Console(highlight=False)
    for row in rows:
        source = (f"  ({row['source']})", "dim")
        value = clean(_as_written(row["value"]))
        line = Text.assemble((row["variable"], "bold"), f"={value}", source)
        console.print(line, soft_wrap=True)
        meaning = fill(row["meaning"], console.width, **_INDENTED)
        console.print(Text(meaning), soft_wrap=True)


def _as_written(value: object) -> str:
    """The value as the environment would hold it."""
    if value is None:
        return ""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
