"""What `--json` prints: one document, and nothing beside it on stdout."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def print_json(document: Any) -> None:
    """Print the document in UTF-8.

    Half of a character, which the name of a file or a variable may hold, is escaped as JSON does
    it: whoever reads the document has the name as it was.
    """
    typer.echo(written(document).encode(errors="backslashreplace"))


def written(document: Any) -> str:
    """The document as text; NaN, which JSON does not have, is a `ValueError`."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
