"""A report that a promotion requires is read whole or refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inference.errors import ModelError
from training.registry.report import Report, read_report

GOOD = {"verdict": "fail", "release": "a" * 64, "reasons": ["worse"]}


def test_a_report_is_read_and_what_else_it_holds_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps({**GOOD, "recall": {"red": 0.5}}))

    assert read_report(path) == Report(verdict="fail", release="a" * 64, reasons=("worse",))


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("", "the whole"),
        ("[]", "the whole"),
        (json.dumps({**GOOD, "verdict": "perhaps"}), "verdict"),
        (json.dumps({**GOOD, "release": "a" * 12}), "release"),
        (json.dumps({**GOOD, "reasons": "worse"}), "reasons"),
        (json.dumps({"release": "a" * 64}), "verdict"),
    ],
)
def test_what_is_no_report_is_refused_with_the_file_and_the_fault(
    tmp_path: Path, content: str, where: str
) -> None:
    path = tmp_path / "report.json"
    path.write_text(content)

    with pytest.raises(ModelError, match=rf"report\.json: a report is .* this is none: {where}"):
        read_report(path)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.json"):
        read_report(tmp_path / "gone.json")
