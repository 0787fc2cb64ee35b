"""The files of a package, brought together in a folder: wheels of a lock, then our own rooms."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from scripts.package.bill import write_bill
from scripts.package.bytecode import compile_all
from scripts.package.pruning import prune
from scripts.package.target import ROOT, Target, version

_UV: Final = Path(sys.executable).parent / "uv"
_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==")


def assemble(target: Target, folder: Path) -> None:
    """Fill the empty `folder` with what `target` needs; the same inputs give the same bytes.

    The interpreter that compiles is one of the inputs. Ends the program when uv fails.
    """
    kind = target.contents
    lock = (ROOT / "requirements" / kind.lock).read_text()
    install(without(lock, kind.left_out), target, folder)
    for room in kind.rooms:
        shutil.copytree(ROOT / room, folder / room, ignore=_unwanted)
    own = folder / f"microlens-{version()}.dist-info"
    own.mkdir()
    # What `importlib.metadata` reads to name the version in /openapi.json.
    (own / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: microlens\nVersion: {version()}\nLicense: Apache-2.0\n"
    )
    shutil.copy(ROOT / "LICENSE", own)
    write_bill(folder, own, target)
    prune(folder, target)
    compile_all(folder, target)
    _make_readable(folder)


def install(requirements: str, target: Target, folder: Path) -> None:
    """Unpack the wheels that `requirements` pin by hash, for the target, not for this machine."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(requirements)
        file.flush()
        command = [
            _uv(),
            *("pip", "install", "--quiet", "--no-config", "--no-deps", "--require-hashes"),
            *("--only-binary", ":all:", "--link-mode", "copy", "--python", sys.executable),
            *("--python-version", target.python, "--python-platform", target.wheels),
            *("--target", str(folder), "--requirement", file.name),
        ]
        if subprocess.run(command, check=False).returncode:
            sys.exit("package: uv could not install the wheels, see above")
    shutil.rmtree(folder / "bin", ignore_errors=True)  # commands, with this machine's paths
    (folder / ".lock").unlink(missing_ok=True)


def without(lock: str, names: Collection[str]) -> str:
    """A lock without the packages `names`."""
    return "".join(text for name, text in _pins(lock) if name not in names)


def only(lock: str, names: Collection[str]) -> str:
    """A lock with the packages `names` alone."""
    return "".join(text for name, text in _pins(lock) if name in names)


def _pins(lock: str) -> Iterator[tuple[str, str]]:
    """Each pin's name and lines; a package may have several, for different Pythons."""
    name, lines = "", [""]
    for line in lock.splitlines(keepends=True):
        if found := _PIN.match(line):
            if name:
                yield name, "".join(lines)
            name, lines = found[1], []
        lines.append(line)
    if name:
        yield name, "".join(lines)


def _uv() -> str:
    """The uv of our own environment, else the one on the PATH."""
    found = str(_UV) if _UV.is_file() else shutil.which("uv")
    if not found:
        sys.exit("package: uv is missing: make install-package")
    return found


def _unwanted(_folder: str, names: list[str]) -> list[str]:
    """What lies in a room and is none of it."""
    return [name for name in names if name == "__pycache__" or name.startswith(".")]


def _make_readable(folder: Path) -> None:
    """Lambda's own user, who owns nothing, must be able to read everything."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
