"""The command as a test runs it: in a process of its own, or in this one where that will do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from cli.main import app
from tests.servers.process import environment, unwatched

PROJECT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "cli.main")
SERVES = re.compile(
    r"microlens serves (?P<name>\S+), release (?P<release>[0-9a-f]{12}), on (?P<url>http://\S+) "
    r"\(Ctrl-C ends it\)"
)
"""The one line that `serve` prints."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command printed, and how it ended."""

    code: int
    stdout: str
    stderr: str

    def document(self) -> Any:
        """The one JSON document on stdout; fails if there is anything beside it."""
        return json.loads(self.stdout)


def microlens(
    *arguments: str | Path, env: Mapping[str, str] | None = None, cwd: Path = PROJECT
) -> Ran:
    """Run the command in a process of its own, with `env` added to a clean environment.

    Coverage does not watch it: what the commands do, `invoke` has done in this process.
    """
    # Found from any folder, whether the project is installed or not.
    found = {"PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=unwatched(environment({**found, **(env or {})})),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def invoke(*arguments: str | Path) -> Ran:
    """Run the command in this process, which has no Microlens settings."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)
