"""A zip as `make package` builds it, unpacked as Lambda unpacks it: nobody can write there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from scripts.package.bytecode import interpreter
from scripts.package.contents import install, only
from scripts.package.target import ROOT, Target

RUNTIME_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")


@dataclass(frozen=True, slots=True)
class Built:
    """The zip, what the build printed, the unpacked folder, and AWS's runtime client for it."""

    target: Target
    zip: Path
    output: str
    folder: Path
    client: Path

    @property
    def runtime(self) -> list[str]:
        """The command that runs a handler, with nothing of this machine's packages."""
        python = interpreter(self.target.python)
        assert python is not None
        return [*unprivileged(), python, "-S", "-m", "awslambdaric"]

    def environment(self) -> dict[str, str]:
        """Where Lambda has its runtime client; nothing else is set."""
        return {"PYTHONPATH": str(self.client)}


def target_here() -> Target:
    """The Python that is deployed; where this machine lacks it, the one that runs the tests."""
    native = Target.native("zip")
    return Target("zip", "3.13", native.architecture) if interpreter("3.13") else native


def build(target: Target, place: Path) -> Built:
    """Run the command in a folder of its own, and unpack what it wrote."""
    command = [sys.executable, "-m", "scripts.package", "--dist", str(place)]
    options = ["--python", target.python, "--architecture", target.architecture]
    done = subprocess.run(
        [*command, *options], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    path, folder, client = place / target.file_name, place / "task", place / "client"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    lock = (ROOT / "requirements" / "dev.lock").read_text()
    install(only(lock, RUNTIME_CLIENT), target, client)
    protect(folder)
    return Built(target, path, done.stdout, folder, client)


def protect(folder: Path) -> None:
    """Let nobody write below `folder`, its owner neither."""
    for path in folder.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o555)


def unprivileged() -> list[str]:
    """What a command begins with so that file modes bind it, although root may have started it."""
    if os.geteuid() != 0:
        return []
    found = shutil.which("setpriv")
    assert found, "setpriv of util-linux is needed when the tests run as root"
    return [found, "--bounding-set=-all", "--inh-caps=-all"]
