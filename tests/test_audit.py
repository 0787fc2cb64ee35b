"""The audit of our dependencies says what was found, and also when it could ask nobody."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.audit import read

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
        ([FINE, UNKNOWN], "1 packages, none with a known vulnerability; 1 were not found", 0),
        ([UNKNOWN, UNKNOWN], "cannot be reached; nothing was audited", 0),
        ([], "cannot be reached; nothing was audited", 0),
        ([FINE, BAD], "1 packages have known vulnerabilities: h5py 3.14: CVE-2026-1, PYSEC-2", 1),
    ],
    ids=["all fine", "one unknown", "all unknown", "nothing", "one bad"],
)
def test_the_outcome_of_an_audit_is_said_in_a_line(
    packages: list[dict[str, Any]], words: str, count: int
) -> None:
    found = read({"dependencies": packages})
    assert words in found.words
    assert len(found.known) == count
