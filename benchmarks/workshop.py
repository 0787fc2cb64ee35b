"""The cache folder of the bench: environments of the peers, networks, pictures, quick results.

It lies in `.cache/benchmarks`, is never committed, and may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
CACHE = PROJECT / ".cache" / "benchmarks"
_WHOLE = ".whole"


def made(name: str, ingredients: Iterable[bytes], make: Callable[[Path], None]) -> Path:
    """The folder `name`, filled by `make` unless the same `ingredients` have filled it before.

    An environment cannot be moved, so a folder is filled where it stays, and a mark is put into
    it last: what has none was interrupted, and is begun anew.
    """
    digest = hashlib.sha256(b"\0".join(ingredients)).hexdigest()[:12]
    folder = cache() / f"{name}-{digest}"
    if not (folder / _WHOLE).is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        make(folder)
        (folder / _WHOLE).touch()
    return folder


def cache() -> Path:
    """The cache folder, which tells git to leave it alone."""
    CACHE.mkdir(parents=True, exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    return CACHE


def say(what: str) -> None:
    """Tell whoever waits how far it is."""
    print(f"bench: {what}", flush=True)
