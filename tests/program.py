"""Python code in a process of its own, which has loaded nothing but what the code asks for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.servers.process import environment, unwatched

PROJECT = Path(__file__).parents[1]


def printed(code: str, *arguments: str | Path, env: Mapping[str, str] | None = None) -> str:
    """What `code` prints, run in the project's folder with `env` added to a clean environment.

    Coverage does not watch it. Fails, with what it said on stderr, when the code does.
    """
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=PROJECT,
        env=unwatched(environment(env)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
