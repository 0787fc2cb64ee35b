"""Size of what is deployed: installed packages, our own modules, the default model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.environments import peer_packages, served_packages
from benchmarks.workshop import PROJECT

LAMBDA_BYTES = 262_144_000
"""What Lambda takes unzipped."""

_ROOMS = ("api", "inference", "models")
_NOT_DEPLOYED = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "__pycache__")


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes on disk. Packages as they are installed, nothing taken out of them."""

    microlens_packages: int
    microlens_own: int
    fastapi_keras_packages: int


def measure_size() -> Sizes:
    """Install what is missing, and count."""
    return Sizes(
        _bytes(served_packages()),
        sum(_bytes(PROJECT / room) for room in _ROOMS),
        _bytes(peer_packages("fastapi_keras")),
    )


def _bytes(folder: Path) -> int:
    return sum(
        path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and not _is_left_out(path.relative_to(folder))
    )


def _is_left_out(path: Path) -> bool:
    first = path.parts[0]
    return "__pycache__" in path.parts or first.startswith(_NOT_DEPLOYED)
