"""Asking about many pictures: a bar on a terminal, and no core without work."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from cli.measuring import ask_about
from cli.subjects import open_subject
from inference.cores import cores
from inference.settings import read_settings
from tests.cli.command import COMMAND, PROJECT
from tests.servers.process import environment
from training.labelled import LabelledPicture

SECONDS = 60


def on_a_terminal(*arguments: str) -> str:
    """What the command shows on stderr where that is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=PROJECT,
        env=environment({"PYTHONPATH": str(PROJECT), "TERM": "xterm", "COLUMNS": "100"}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    # A terminal whose other end is gone is an error on Linux and an empty read elsewhere.
    with suppress(OSError):
        while part := os.read(ours, 65_536):
            shown += part
    os.close(ours)
    assert process.wait(SECONDS) == 0, shown
    return shown.decode()


def test_a_terminal_shows_how_far_it_is_and_how_well_it_goes(tiny: Path, colours: Path) -> None:
    shown = re.sub(
        r"\x1b\[[0-9;?]*[A-Za-z]", "", on_a_terminal("evaluate", str(tiny), str(colours))
    )

    assert "Asking colours" in shown
    assert "120/120" in shown
    assert re.search(r"\d:\d\d:\d\d", shown), "no time left"
    assert re.search(r"\d\d\.\d% right", shown)


@pytest.fixture(scope="module")
def cats(tmp_path_factory: pytest.TempPathFactory, chelsea: Path) -> list[LabelledPicture]:
    """Sixty pictures of a cat."""
    folder = tmp_path_factory.mktemp("cats")
    paths = [Path(shutil.copy(chelsea, folder / f"{number}.png")) for number in range(60)]
    return [LabelledPicture(path.name, path, 281) for path in paths]


def test_no_core_waits_for_a_picture(cats: list[LabelledPicture]) -> None:
    settings = read_settings({})
    subject = open_subject(settings.model, settings, None).load()

    asked = ask_about(subject, cats, "Asking")

    # However busy the machine is with other work: all the time, one picture for each core is
    # being decoded or is in the network, both of which leave the other threads alone.
    worked_on = sum(each.milliseconds for each in asked.answered) / 1_000
    assert (len(asked.answered), asked.at_once) == (60, cores())
    assert worked_on / asked.seconds > 0.8 * cores()
