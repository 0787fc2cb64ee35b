"""The audit of our dependencies says what was found, and also when it could ask nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scripts.audit import main, read

FINE: dict[str, Any] = {"name": "pillow", "version": "13.0", "vulns": []}
BAD: dict[str, Any] = {
    "name": "h5py",
    "version": "3.14",
    "vulns": [{"id": "CVE-2026-1"}, {"id": "PYSEC-2"}],
}
UNKNOWN: dict[str, Any] = {"name": "numpy", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("packages", "words", "count"),
    [
        ([FINE, FINE], "2 packages, none with a known vulnerability", 0),
        ([FINE, UNKNOWN], "1 package, none with a known vulnerability; 1 not found", 0),
        ([UNKNOWN, UNKNOWN], "NOTHING WAS AUDITED: the database", 0),
        ([], "NOTHING WAS AUDITED: the database", 0),
        ([FINE, BAD], "1 package with known vulnerabilities: h5py 3.14: CVE-2026-1, PYSEC-2", 1),
    ],
    ids=["all fine", "one unknown", "all unknown", "nothing", "one bad"],
)
def test_the_outcome_of_an_audit_is_said_in_a_line(
    packages: list[dict[str, Any]], words: str, count: int
) -> None:
    found = read({"dependencies": packages})
    assert words in found.words
    assert len(found.known) == count


def test_without_a_network_it_is_said_plainly_and_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    assert main() == 0
    told = capsys.readouterr().out
    assert told == (
        "audit: NOTHING WAS AUDITED: the database of vulnerabilities cannot be reached\n"
    )


def test_an_audit_that_cannot_be_made_is_told_apart_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)  # where there is no lock
    assert main() == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "audit: pip-audit failed: " in told.err
    assert "requirements/tensorflow.lock" in told.err
