"""For what a package is built: kind, Python, processor."""

from __future__ import annotations

import platform
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PYTHONS: Final = ("3.13", "3.12", "3.11")
# What AWS calls them, and what wheels do.
MACHINES: Final = {"x86_64": "x86_64", "arm64": "aarch64"}

_COMMAND: Final = ("typer", "rich", "markdown-it-py", "mdurl", "pygments", "shellingham")
_SERVER: Final = ("uvicorn", "httptools", "h11", "click")
# LiteRT names them as requirements; its interpreter imports none of them.
_CONVERTER: Final = ("backports-strenum", "flatbuffers", "ml-dtypes", "protobuf", "tqdm")


@dataclass(frozen=True, slots=True)
class Kind:
    """What goes in: packages of a lock without some, and rooms of ours."""

    lock: str
    left_out: tuple[str, ...]
    rooms: tuple[str, ...]


KINDS: Final = {
    # A function answers events: neither the command's libraries nor an HTTP server have any part.
    "zip": Kind("serve.lock", (*_COMMAND, *_SERVER, *_CONVERTER), ("api", "inference", "models")),
    # uvicorn stays in an image, so that it also serves where nobody sends Lambda events.
    "serving": Kind("serve.lock", (*_COMMAND, *_CONVERTER), ("api", "inference", "models")),
    # Keras asks for rich, TensorFlow for most others.
    "tensorflow": Kind("tensorflow.lock", (), ("api", "inference", "models", "training")),
}


@dataclass(frozen=True, slots=True)
class Target:
    """One package: which kind, for which Python (`3.13`) and architecture (AWS's name)."""

    kind: str
    python: str
    architecture: str

    @classmethod
    def native(cls, kind: str) -> Target:
        """One for the Python that runs this, on the machine that runs it."""
        python = f"{sys.version_info[0]}.{sys.version_info[1]}"
        machine = platform.machine()
        names = {theirs: ours for ours, theirs in MACHINES.items()}
        return cls(kind, python, names.get(machine, machine))

    @property
    def contents(self) -> Kind:
        """What goes in."""
        return KINDS[self.kind]

    @property
    def wheels(self) -> str:
        """uv's name of the platform; Amazon Linux 2023 has glibc 2.34, so 2.28 is old enough."""
        return f"{MACHINES[self.architecture]}-manylinux_2_28"

    @property
    def file_name(self) -> str:
        """What the zip is called."""
        return f"microlens-{version()}-python{self.python}-{self.architecture}.zip"


@cache
def version() -> str:
    """The version of the project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])
