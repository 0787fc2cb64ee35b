"""Bring .venv to what the locks say: `python3 scripts/install.py serve` (`tensorflow`, `dev`).

`package` is for the machine that deploys: what builds the packages, and nothing of what is in them.

`dev` holds everything that `serve` holds, in the same versions, so the two may follow each other
in any order. The second run sees that nothing has changed. An interrupted install is begun anew,
because pip takes a half-written package for an installed one; an install that finds another at
work waits for it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
INSTALLED = VENV / "installed.json"  # what was installed, written last
OLDEST, NEWEST = (3, 11), (3, 13)
NAMES = ("python3", "python3.13", "python3.12", "python3.11")
LOCKS = {
    "serve": ("serve.lock", "build.lock"),
    "tensorflow": ("tensorflow.lock", "build.lock"),
    "package": ("package.lock",),
    "dev": ("dev.lock", "emulator.txt", "browser/package-lock.json"),
}
HOLDS = {
    "serve": ("serve",),
    "tensorflow": ("serve", "tensorflow"),
    "package": ("package",),
    "dev": ("serve", "tensorflow", "package", "dev"),
}
EMULATORS = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def main(target: str) -> None:
    """Install `target`, unless what is installed says that this was done already."""
    with _alone():
        if VENV.exists() and not INSTALLED.is_file():
            _say(".venv holds no finished install; beginning anew")
            shutil.rmtree(VENV)
        installed = json.loads(INSTALLED.read_text()) if INSTALLED.is_file() else {}
        if installed.get(target) == _wanted(target):
            return
        started = time.monotonic()
        # From here to the end nothing says that this .venv can be trusted.
        INSTALLED.unlink(missing_ok=True)
        if not VENV.exists():
            _say(f"making .venv with Python {platform.python_version()}")
            _run(sys.executable, "-m", "venv", VENV)
        _install(target)
        installed |= {each: _wanted(each) for each in HOLDS[target]}
        partial = INSTALLED.with_suffix(".partial")
        partial.write_text(json.dumps(installed))
        partial.replace(INSTALLED)
        _say(f"installed in {time.monotonic() - started:.0f} s")


def _install(target: str) -> None:
    lock = f"requirements/{target}.lock"
    _say(f"installing {lock} into .venv")
    _install_lock(ROOT / lock)
    if target == "package":
        return
    if "build.lock" in LOCKS[target]:
        _run(*_pip("install", "--no-deps", "--require-hashes", "-r", "requirements/build.lock"))
    _run(*_pip("install", "--no-deps", "--no-build-isolation", "--editable", "."))
    if target == "dev":
        _install_emulator()
        _say("unpacking a Chromium for the tests of the page")
        _run(VENV / "bin" / "python", "scripts/browser.py")


def _install_lock(lock: Path) -> None:
    """Every second package by one pip, the others by another: one alone keeps one core busy."""
    options, *packages = re.split(r"^(?=[a-z0-9])", lock.read_text(), flags=re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        halves = [Path(folder, "half.lock"), Path(folder, "other-half.lock")]
        for number, half in enumerate(halves):
            half.write_text("".join((options, *packages[number :: len(halves)])))
        # Not compiled to bytecode: Python does that for what is imported, which is a small part.
        how = ("install", "--no-deps", "--no-compile", "--require-hashes", "-r")
        _run_together(*(_pip(*how, half) for half in halves))


def _install_emulator() -> None:
    """Take AWS's Lambda emulator, a Linux program, out of the wheel that carries it."""
    if sys.platform != "linux":
        _say("AWS's Lambda emulator runs on Linux alone: the tests that need it will fail here")
        return
    machine = platform.machine()
    member = f"samcli/local/rapid/aws-lambda-rie-{EMULATORS.get(machine, machine)}"
    _say("taking AWS's Lambda emulator out of its wheel")
    with tempfile.TemporaryDirectory() as folder:
        requirements = ("--require-hashes", "-r", "requirements/emulator.txt")
        _run(*_pip("download", "--no-deps", *requirements, "--dest", folder))
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            program = archive.read(member)
    partial = VENV / "bin" / "aws-lambda-rie.partial"
    partial.write_bytes(program)
    partial.chmod(0o755)
    partial.replace(partial.with_suffix(""))


def _pip(*arguments: str | Path) -> tuple[str | Path, ...]:
    # Twice quiet: errors alone, for pip also warns about the machine's own configuration. And never
    # outside a virtual environment: a .venv that lost its pyvenv.cfg is the machine's own Python.
    options = ("-qq", "--disable-pip-version-check", "--require-virtualenv")
    return (VENV / "bin" / "python", "-m", "pip", *options, *arguments)


def _run(*command: str | Path) -> None:
    _run_together(command)


def _run_together(*commands: Sequence[str | Path]) -> None:
    """Run them at once, to the end of the last; exit when one failed."""
    with ExitStack() as stack:
        running = [stack.enter_context(subprocess.Popen(each, cwd=ROOT)) for each in commands]
        for process, command in zip(running, commands, strict=True):
            if process.wait():
                sys.exit(f"install: failed, see above: {' '.join(map(str, command))}")


def _wanted(target: str) -> str:
    """A digest of all that decides what `target` installs."""
    digest = hashlib.sha256()
    for name in ("pyproject.toml", *(f"requirements/{lock}" for lock in LOCKS[target])):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


@contextmanager
def _alone() -> Iterator[None]:
    """Hold a lock that the system gives back when this process ends, however it ends."""
    with Path(__file__).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("waiting for another install to end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _say(what: str) -> None:
    print(f"install: {what}", flush=True)


def _use_a_fitting_python() -> None:
    """Go on with another Python of this machine when this one is too old or too new."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    for name in NAMES:
        found = shutil.which(name)
        check = f"import sys; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
        if found and subprocess.run([found, "-c", check], check=False).returncode == 0:
            sys.exit(subprocess.run([found, *sys.argv], check=False).returncode)
    sys.exit(
        f"install: Python 3.11, 3.12 or 3.13 is needed, this is {platform.python_version()}; "
        "name another with: make PYTHON=/path/to/python3.12 …"
    )


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:
        sys.exit(f"usage: {sys.argv[0]} {'|'.join(LOCKS)}")
    _use_a_fitting_python()
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit("install: interrupted; the next run begins anew")
