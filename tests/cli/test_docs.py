"""docs/ names every command and option there is, no other; docs/cli.md shows real output."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from cli.main import app
from tests.cli.command import PROJECT, SERVES, microlens
from tests.servers.uvicorn import uvicorn

PAGES = ("cli.md", "bulk.md", "registry.md", "models.md", "train.md", "evaluate.md", "calibrate.md")
CLI, *OTHERS = ((PROJECT / "docs" / page).read_text(encoding="utf-8") for page in PAGES)
DOCS = "\n".join((CLI, *OTHERS))
COMMANDS = {name: command.params for name, command in typer.main.get_group(app).commands.items()}
EXAMPLES = re.findall(r"^```console\n\$ microlens (.*)\n((?:.*\n)*?)```$", CLI, re.MULTILINE)
# What `serve` prints is looked at below; no token is printed twice.
DIFFERENT = ("serve", "token")
EXAMPLE_SERVICE = "http://127.0.0.1:8000"
EXAMPLE_PROJECT = "/srv/microlens"


def section(command: str) -> str:
    """What the page says of one command: from its heading to the next."""
    found = re.search(rf"^## microlens {command}\n(.*?)(?=^## |\Z)", DOCS, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def without_measures(output: str) -> list[str]:
    """The words of `output`, without what differs between machines: times, scores, bars."""
    output = re.sub(r"[█▉▊▋▌▍▎▏]", "", output)
    output = re.sub(r"\b[0-9a-f]{12}(?:[0-9a-f]{52})?\b", "<digest>", output)
    return re.sub(r"\b\d+\.\d+\b(?!\.)", "<number>", output).split()


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with uvicorn() as running:
        yield running.url


@pytest.fixture
def pictures(tmp_path: Path, chelsea: Path, coffee: Path) -> Path:
    """The folder in which the examples on the page were run."""
    (tmp_path / "photos").mkdir()
    for folder, file in ((".", chelsea), ("photos", chelsea), ("photos", coffee)):
        shutil.copy(file, tmp_path / folder)
    (tmp_path / "photos" / "notes.jpg").write_text("not a picture", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_is_on_the_page(command: str) -> None:
    options = [name for param in COMMANDS[command] for name in param.opts if name[:2] == "--"]

    missing = [each for each in options if f"`{each}" not in section(command) and each != "--help"]
    assert missing == []
    assert f"```console\n$ microlens {command}" in section(command)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_on_the_page_is_one_of_the_command(command: str) -> None:
    options = {name for param in COMMANDS[command] for name in param.opts}

    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", section(command))) - options == set()


def test_every_command_on_the_page_exists() -> None:
    assert sorted(re.findall(r"^## microlens (.*)$", DOCS, re.MULTILINE)) == sorted(COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "output"),
    [example for example in EXAMPLES if not example[0].startswith(DIFFERENT)],
    ids=[arguments for arguments, _ in EXAMPLES if not arguments.startswith(DIFFERENT)],
)
def test_an_example_on_the_page_is_what_the_command_prints(
    arguments: str, output: str, pictures: Path, service: str
) -> None:
    ran = microlens(*shlex.split(arguments.replace(EXAMPLE_SERVICE, service)), cwd=pictures)

    printed = (ran.stdout + ran.stderr).replace(str(PROJECT), EXAMPLE_PROJECT)
    assert without_measures(printed) == without_measures(output)


def test_the_line_that_serve_prints_is_the_one_on_the_page() -> None:
    (line,) = [output for arguments, output in EXAMPLES if arguments == "serve"]

    assert SERVES.fullmatch(line.strip())
