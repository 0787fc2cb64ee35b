"""What docs/security.md and docs/reliability.md say is tried, is tried where they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
SECURITY = (PROJECT / "docs" / "security.md").read_text(encoding="utf-8")
RELIABILITY = (PROJECT / "docs" / "reliability.md").read_text(encoding="utf-8")

TRIED = re.findall(
    r"^\| ([^|]+) \| [^|]+ \| `(tests/[^`]+)` \"([^\"]+)\" \|", SECURITY, re.MULTILINE
)
KNOWN = {
    *("CVE-2024-3660", "CVE-2025-1550", "CVE-2025-8747", "CVE-2025-9906", "CVE-2025-9905"),
    *("CVE-2025-49655", "CVE-2025-12058", "CVE-2025-12060", "CVE-2026-0897", "CVE-2026-1462"),
    *("CVE-2026-1669", "many parts", "huge part headers", "preamble and epilogue"),
    *("long boundaries", "urlencoded bombs", "Content-Length", "filename*"),
    *("traversal in file names", "Range merging", "picture bombs", "npz bombs", "zip bombs"),
    *("HDF5 links", "HDF5 virtual datasets", "links in archives", "request smuggling"),
}
"""Advisories about Keras, Pillow, Starlette and form parsers, from 2024 on."""


@pytest.mark.parametrize(("advisory", "path", "words"), TRIED, ids=[each[0] for each in TRIED])
def test_each_advisory_is_tried_where_the_table_says(advisory: str, path: str, words: str) -> None:
    assert words in (PROJECT / path).read_text(encoding="utf-8"), f"{advisory}: not in {path}"


def test_no_advisory_is_missing_from_the_table() -> None:
    assert {advisory for advisory, _, _ in TRIED} >= KNOWN


def test_each_command_of_the_figures_names_tests_and_targets_that_exist() -> None:
    named = set(re.findall(r"tests/[\w/]+\.py", RELIABILITY))
    assert len(named) > 15
    assert [path for path in sorted(named) if not (PROJECT / path).is_file()] == []
    targets = re.findall(r"`make ([a-z-]+)", RELIABILITY)
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert [each for each in targets if f"\n{each}:" not in makefile] == []
    for words, path in re.findall(r"-k (\w+) (tests/[\w/]+\.py)", RELIABILITY):
        found = re.search(rf"def test_\w*{words}", (PROJECT / path).read_text(encoding="utf-8"))
        assert found, f"no test of {path} is called …{words}…"


def test_the_policy_leads_to_sections_that_exist() -> None:
    policy = (PROJECT / "SECURITY.md").read_text(encoding="utf-8")
    titles = {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", SECURITY, re.MULTILINE)
    }
    assert set(re.findall(r"security\.md#([a-z-]+)", policy)) <= titles
