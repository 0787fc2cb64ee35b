"""Options that take a number refuse what is none, and say which numbers they take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import typer.main

from cli.main import app
from tests.cli.command import invoke

COMMANDS = typer.main.get_group(app).commands


def options() -> Iterator[tuple[str, Any]]:
    """Every option of a number with a fraction: its command and itself."""
    for registered in app.registered_commands:
        function = registered.callback
        assert function is not None
        name = registered.name or function.__name__
        hints = get_type_hints(function, include_extras=True)
        params = {each.name: each for each in COMMANDS[name].params}
        yield from ((name, params[each]) for each, hint in hints.items() if _is_float(hint))


def _is_float(hint: Any) -> bool:
    """Of `Annotated[float, …]`, and of `Annotated[float | None, …]`."""
    (kind, *_) = get_args(hint) or (hint,)
    return kind is float or float in get_args(kind)


FOUND = [pytest.param(*each, id=f"{each[0]} {each[1].opts[0]}") for each in options()]


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999", "half", ""])
@pytest.mark.parametrize(("command", "option"), FOUND)
def test_what_is_no_number_in_its_range_is_wrong_usage(
    command: str, option: Any, value: str, tmp_path: Path
) -> None:
    needed = [tmp_path for each in COMMANDS[command].params if each.required]

    ran = invoke(command, *needed, f"{option.opts[0]}={value}")

    assert ran.code == 2
    assert f"'{value}' is no number from {option.metavar.replace('-', ' to ')}" in ran.stderr
    assert option.opts[0] in ran.stderr


def test_every_command_that_takes_a_number_was_looked_at() -> None:
    assert {command for command, _ in options()} >= {
        *("bench", "calibrate", "classify", "compare", "watch")
    }
