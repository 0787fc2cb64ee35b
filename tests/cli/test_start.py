"""The command starts quickly, says who it is, and refuses what it does not know."""

from __future__ import annotations

import tomllib

import pytest
import typer.main

from cli.main import app
from tests.cli.command import PROJECT, invoke, microlens
from tests.program import printed

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

    assert printed(code).strip() == "[]"


def test_help_names_every_command_with_a_whole_sentence() -> None:
    stdout = invoke("--help").stdout

    names = set(typer.main.get_group(app).commands)
    assert {"serve", "classify", "settings"} <= names
    assert [name for name in names if f"  {name} " not in stdout] == []
    assert [line for line in stdout.splitlines() if line.startswith("  ") and "..." in line] == []


@pytest.mark.parametrize(
    "arguments", [[], ["clasify"], ["classify", "--topk", "3"]], ids=["none", "typo", "option"]
)
def test_what_is_unknown_is_wrong_usage(arguments: list[str]) -> None:
    ran = invoke(*arguments)

    assert ran.code == 2
    assert ran.stdout == ""
    assert "Usage:" in ran.stderr


def test_a_refusal_is_one_line_that_the_terminal_obeys_in_nothing() -> None:
    """Names of keys, and what a service answers, may hold anything."""
    ran = invoke("list", "no\x1b[2Jwhere\nat all")

    assert ran.code == 1
    assert "no\N{REPLACEMENT CHARACTER}[2Jwhere at all" in ran.stderr
    assert ran.stderr.count("\n") == 1
