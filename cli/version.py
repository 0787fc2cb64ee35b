"""Which Microlens this is."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

_PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def version() -> str:
    """The version that is installed, or in a clone that is not, the one of its pyproject.toml."""
    try:
        return metadata.version("microlens")
    except metadata.PackageNotFoundError:
        project = tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]
        return str(project["version"])
