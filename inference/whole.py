"""Files that are whole under their name: written beside it under another one, renamed last."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

OURS: Final = ".microlens-"
"""Begins the names of files that are there for a moment only, and that nobody else may take."""


@contextmanager
def written_whole(path: Path, meanwhile: Path | None = None) -> Iterator[Path]:
    """Where to write what `path` is to hold: it gets that name at the end, all at once.

    What is raised on the way leaves `path` as it was, and nothing beside it. The place has a name
    that no other writer has, or is `meanwhile`, which must lie in the same folder.
    """
    place = meanwhile or path.with_name(f"{OURS}{secrets.token_hex(8)}")
    try:
        yield place
        place.replace(path)
    finally:  # nothing is there any more when all went well
        place.unlink(missing_ok=True)
