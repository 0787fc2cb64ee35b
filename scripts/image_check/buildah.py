"""buildah, with its storage in a folder of ours, and images run from there without a daemon."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# As Lambda: nothing can be written but /tmp, and nobody is root. The mounts end with the process.
_INSIDE = """
mount --bind "$1" "$1"
mount --bind /dev "$1/dev"
mount -t proc proc "$1/proc"
mount -o remount,bind,ro "$1"
mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
cd "$1" && root=$1 user=$2 place=$3 && shift 3
exec chroot --userspec="$user" "$root" /usr/bin/env --chdir="$place" "$@"
"""


@dataclass(frozen=True, slots=True)
class Image:
    """A built image whose files lie in `folder`."""

    folder: Path
    config: dict[str, Any]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the image sets."""
        return dict(each.split("=", 1) for each in self.config.get("Env", ()))

    @property
    def command(self) -> str:
        """The default command: a handler."""
        (handler,) = self.config["Cmd"]
        return str(handler)

    @property
    def runtime(self) -> list[str]:
        """The command that runs a handler in the image."""
        return self.inside(*self.config["Entrypoint"])

    def inside(self, *command: str) -> list[str]:
        """A command, run in the image as Lambda would."""
        place = self.config.get("WorkingDir") or "/"
        user = self.config.get("User") or "0:0"
        shell = ["sh", "-e", "-c", _INSIDE, "sh", str(self.folder), user, place]
        return [_found("unshare"), "--mount", *shell, *command]

    def bytes(self) -> int:
        """All files, as Lambda counts an image: unpacked."""
        return sum(path.lstat().st_size for path in self.folder.rglob("*"))


@dataclass(frozen=True, slots=True)
class Buildah:
    """buildah with its images in `place`."""

    place: Path

    def __call__(self, *arguments: str | Path) -> str:
        """Run a command of buildah; what it prints. Ends the program when it fails."""
        return run(*self._command(), *arguments).strip()

    def has(self, name: str) -> bool:
        """Whether there is an image of that name."""
        command = [*map(str, self._command()), "inspect", "--type", "image", name]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    @contextmanager
    def image(self, name: str) -> Iterator[Image]:
        """The files of an image while the block lasts."""
        container = self("from", "--pull-never", name)
        try:
            described = json.loads(self("inspect", "--type", "image", name))
            yield Image(Path(self("mount", container)), described["OCIv1"]["config"])
        finally:
            self("rm", container)

    def _command(self) -> list[str | Path]:
        storage = ("--root", self.place / "storage", "--runroot", self.place / "run")
        return ["buildah", "--storage-driver", "vfs", *storage]


def run(*command: str | Path) -> str:
    """What a program prints on stdout; its stderr is ours. Ends the program when it fails."""
    done = subprocess.run([*map(str, command)], check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"image-check: failed, see above: {' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def _found(program: str) -> str:
    for folder in os.get_exec_path():
        if Path(folder, program).is_file():
            return str(Path(folder, program))
    sys.exit(f"image-check: {program} is missing")
