"""Options that say which pictures belong together, for the commands that part pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Groups = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.csv",
        exists=True,
        dir_okay=False,
        help="picture,group: pictures of one group are never parted.",
        show_default=False,
    ),
]
GroupBy = Annotated[
    str | None,
    typer.Option(
        metavar="PATTERN",
        help="The same from names: a regular expression with one pair of parentheses.",
        show_default=False,
    ),
]
