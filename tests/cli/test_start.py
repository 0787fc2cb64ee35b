"""The command starts quickly, says who it is, and refuses what it does not know."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest
import typer.main

from cli.main import app
from tests.cli.command import PROJECT, invoke, microlens
from tests.servers.process import environment

HEAVY = ("boto3", "fastapi", "numpy", "pydantic", "rich", "uvicorn", "PIL", "ai_edge_litert")


def project() -> dict[str, object]:
    parsed: dict[str, object] = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    return parsed


def test_the_installed_script_is_the_entry_point_that_is_tested_here() -> None:
    assert project()["scripts"] == {"microlens": "cli.main:main"}


def test_version_prints_the_version_of_the_project() -> None:
    ran = microlens("--version")

    assert (ran.code, ran.stdout, ran.stderr) == (0, f"microlens {project()['version']}\n", "")


def test_starting_imports_nothing_heavy() -> None:
    code = f"import sys, cli.main\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=environment(),
        capture_output=True,
        check=True,
    )

    assert done.stdout.decode().strip() == "[]"


def test_help_names_every_command() -> None:
    stdout = invoke("--help").stdout

    names = set(typer.main.get_group(app).commands)
    assert {"serve", "classify", "settings"} <= names
    assert [name for name in names if f"  {name} " not in stdout] == []


@pytest.mark.parametrize(
    "arguments", [[], ["clasify"], ["classify", "--topk", "3"]], ids=["none", "typo", "option"]
)
def test_what_is_unknown_is_wrong_usage(arguments: list[str]) -> None:
    ran = invoke(*arguments)

    assert ran.code == 2
    assert ran.stdout == ""
    assert "Usage:" in ran.stderr
