"""Environments of their own for the peers, from the pinned lists in `peers/`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.workshop import PROJECT, made, say

PEERS = Path(__file__).parent / "peers"
_INSTALL = ("-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-compile")


def peer_environment(peer: str) -> Path:
    """The virtual environment of `peer`, made when it is first asked for."""
    pins = PEERS / f"{peer}.txt"

    def make(folder: Path) -> None:
        _run(sys.executable, "-m", "venv", str(folder))
        _install(folder / "bin" / "python", "--no-deps", "-r", str(pins))

    return made(f"peer-{peer}", [pins.read_bytes(), sys.version.encode()], make)


def peer_packages(peer: str) -> Path:
    """The folder of `peer`'s environment that holds its packages."""
    (packages,) = (peer_environment(peer) / "lib").glob("python*/site-packages")
    return packages


def served_packages() -> Path:
    """What `requirements/serve.lock` installs, as it would be unzipped in a Lambda function."""
    lock = PROJECT / "requirements" / "serve.lock"

    def make(folder: Path) -> None:
        target = ("--target", str(folder))
        _install(Path(sys.executable), "--no-deps", "--require-hashes", *target, "-r", str(lock))

    return made("serve", [lock.read_bytes(), sys.version.encode()], make)


def _install(python: Path, *arguments: str) -> None:
    say(f"installing {Path(arguments[-1]).name}")
    _run(str(python), *_INSTALL, *arguments)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
