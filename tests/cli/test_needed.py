"""Without TensorFlow and what comes with it, a command says so before it does anything."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cli.needed import FIGURES, MODELS, PAGES
from tests.cli.command import invoke

WANTS = {
    "publish FOLDER --to registry/pets@dev": MODELS,
    "doctor FOLDER": MODELS,
    "watch FOLDER --once": MODELS,
    "train FOLDER --out pets": (*MODELS, *FIGURES),
    "evaluate registry/pets@dev FOLDER": FIGURES,
    "compare a b FOLDER --html page.html": (*FIGURES, *PAGES),
    "calibrate pets FOLDER": FIGURES,
}


@pytest.mark.parametrize(("line", "modules"), WANTS.items(), ids=WANTS.keys())
def test_a_command_names_what_is_not_installed_and_what_installs_it(
    line: str, modules: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in modules:
        monkeypatch.setitem(sys.modules, name, None)

    ran = invoke(*line.replace("FOLDER", str(tmp_path)).split())

    assert (ran.code, ran.stdout) == (1, "")
    named = f"this needs {', '.join(modules)}, not installed here"
    assert ran.stderr == f"microlens: {named}: make install-tensorflow\n"
    assert list(tmp_path.iterdir()) == []
