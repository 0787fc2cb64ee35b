"""Files that come with an installed package, found without importing it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from inference.errors import ModelError


def read_packaged(package: str, path: str) -> bytes:
    """The content of `path`, relative to where `package` is installed; `ModelError` if missing."""
    try:
        return Path(str(distribution(package).locate_file(path))).read_bytes()
    except (PackageNotFoundError, FileNotFoundError) as exc:
        raise ModelError(f"{path} is needed: install the package {package!r}") from exc
