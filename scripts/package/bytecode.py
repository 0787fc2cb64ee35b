"""Bytecode made while building: a function's folder is read-only, so nobody can make it later.

`unchecked-hash` has Python trust it without a look at the source's time, which no zip and no
image is sure to keep.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.package.target import Target


def compile_all(folder: Path, target: Target) -> None:
    """Put a `.pyc` beside each module; says so and leaves them out without the right Python.

    One process, in the order of the names: what marshal writes depends on what the process has
    seen before. TensorFlow, whose image promises no equal bytes, is compiled on all cores.
    """
    python = interpreter(target.python)
    if python is None:
        print(
            f"package: no Python {target.python} here to compile with: the package has no "
            f"bytecode and starts much slower; `uv python install {target.python}` mends that",
            file=sys.stderr,
        )
        return
    jobs = "0" if target.kind == "tensorflow" else "1"
    command = [
        *(python, "-S", "-s", "-m", "compileall", "-qq", "-j", jobs),
        *("--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", "/var/task"),
        str(folder),
    ]
    environment = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
    # AWS's own Python finds its library by this variable alone, and does not start without.
    if libraries := os.environ.get("LD_LIBRARY_PATH"):
        environment["LD_LIBRARY_PATH"] = libraries
    code = subprocess.run(command, check=False, env=environment).returncode
    # 1: a file that is no Python of this version, a template for example, stays as it is.
    if code not in (0, 1):
        sys.exit(f"package: {python} ended with code {code}, and nothing may be compiled")


def interpreter(python: str) -> str | None:
    """A Python of that version on this machine: this one, pyenv's, on the PATH, or uv's own."""
    if python == f"{sys.version_info[0]}.{sys.version_info[1]}":
        return sys.executable
    name = f"python{python}"
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates = [str(each) for each in pyenv.glob(f"versions/{python}.*/bin/{name}")]
    candidates += filter(None, [shutil.which(name)])
    for each in candidates:  # pyenv's shims are on the PATH and may lead nowhere
        if subprocess.run([each, "-c", ""], check=False, capture_output=True).returncode == 0:
            return each
    uv = Path(sys.executable).parent / "uv"
    command = [str(uv), "python", "find", "--no-config", "--managed-python", python]
    found = subprocess.run(
        [*command, "--no-python-downloads"], check=False, capture_output=True, text=True
    )
    return found.stdout.strip() or None
