"""docs/registry.md shows what the commands print, in the order in which it shows it."""

from __future__ import annotations

import json
import re
import shlex
import socket
from pathlib import Path

import pytest

from inference.errors import ModelError
from inference.pointers import Pointer
from inference.stores.directory import DirectoryStore
from tests.cli.command import PROJECT, microlens
from tests.cli.registry.releases import NAME, fill, write_variant
from training.registry.report import Report

DOCS = (PROJECT / "docs" / "registry.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```console\n\$ microlens (.*)\n((?:.*\n)*?)```$", DOCS, re.MULTILINE)
REPORT, POINTER = re.findall(r"^```json\n((?:.*\n)*?)```$", DOCS, re.MULTILINE)


def without_measures(text: str) -> str:
    """`text` without what differs between machines and days: digests, versions, times."""
    text = re.sub(r"\b[0-9a-f]{12}(?:[0-9a-f]{52})?\b", "<digest>", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::[\d.]+Z)?", "<time>", text)
    return re.sub(r"(?m)^  made by .*$| +$", "", text)


def test_the_examples_are_what_the_commands_print_one_after_the_other(tmp_path: Path) -> None:
    releases = fill(DirectoryStore(tmp_path / "registry"), write_variant(tmp_path / "v" / NAME))
    report = json.loads(REPORT) | {"release": releases[1]}
    (tmp_path / "report.json").write_text(json.dumps(report), encoding="utf-8")

    for arguments, output in EXAMPLES:
        ran = microlens(*shlex.split(arguments), cwd=tmp_path, env={"LOGNAME": "bert"})
        printed = (ran.stdout + ran.stderr).replace(f"@{socket.gethostname()}", "@lab")
        assert without_measures(printed) == without_measures(output)
        assert ran.code == int(output.startswith("microlens: "))

    pointer = (tmp_path / "registry" / NAME / "stages" / "prod.json").read_text(encoding="utf-8")
    pointer = pointer.replace(f"@{socket.gethostname()}", "@lab")
    assert without_measures(pointer) == without_measures(POINTER)


def test_the_report_and_the_pointer_that_are_shown_are_ones() -> None:
    assert Report.parse(REPORT.encode()).verdict == "fail"
    assert Pointer.parse(POINTER.encode()).serialise().decode() == POINTER


@pytest.mark.parametrize("member", ["verdict", "release"])
def test_a_report_needs_what_the_page_says_that_it_has(member: str) -> None:
    report = json.loads(REPORT)
    del report[member]

    with pytest.raises(ModelError, match=member):
        Report.parse(json.dumps(report).encode())


def test_every_command_of_the_page_is_run() -> None:
    assert {arguments.split()[0] for arguments, _ in EXAMPLES} == {
        "list",
        "show",
        "promote",
        "rollback",
    }
