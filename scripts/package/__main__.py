"""Build a package: `python -m scripts.package [--python 3.13] [--architecture x86_64]`."""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
import time
from pathlib import Path

from scripts.package.archive import Part, TooLarge, check, measure, table, write_zip
from scripts.package.contents import assemble
from scripts.package.target import KINDS, MACHINES, PYTHONS, ROOT, Target


def main() -> None:
    """Build what the arguments ask for and say what weighs most in it."""
    arguments = _arguments()
    target = Target(arguments.kind, arguments.python, arguments.architecture)
    if arguments.native:
        target = Target.native(arguments.kind)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="package-") as name:
        folder = Path(name)
        assemble(target, folder)
        try:
            if arguments.into:
                parts, where = _move(folder, arguments.into, target), str(arguments.into)
            else:
                parts, where = _zip(folder, arguments.dist / target.file_name)
        except TooLarge as exc:
            sys.exit(f"package: {exc}")
    print(table(parts))
    print(f"package: {where}, in {time.monotonic() - started:.0f} s")


def _zip(folder: Path, path: Path) -> tuple[list[Part], str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = write_zip(folder, path)
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return parts, f"{path} has {len(content):,} bytes, sha256 {digest}"


def _move(folder: Path, into: Path, target: Target) -> list[Part]:
    """Copy everything into a folder that is empty or not there; only a zip has Lambda's limit."""
    parts = measure(folder)
    if target.kind == "zip":
        check(parts)
    if into.exists() and any(into.iterdir()):
        sys.exit(f"package: {into} is not empty; name another folder, or empty it")
    shutil.copytree(folder, into, dirs_exist_ok=True)
    return parts


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts.package", description=__doc__)
    parser.add_argument("--kind", choices=KINDS, default="zip")
    parser.add_argument("--python", choices=PYTHONS, default=PYTHONS[0])
    parser.add_argument("--architecture", choices=MACHINES, default="x86_64")
    parser.add_argument("--native", action="store_true", help="for this Python on this machine")
    parser.add_argument("--dist", type=Path, default=ROOT / "dist", help="where the zip goes")
    parser.add_argument("--into", type=Path, help="a folder to fill instead of writing a zip")
    return parser.parse_args()


if __name__ == "__main__":
    main()
