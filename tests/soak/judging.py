"""What is wrong after a soak, in words: counts, results, memory, what is still held."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from inference.stores import open_store
from tests.soak.doors import UPLOAD
from tests.soak.ledger import Ledger
from tests.soak.report import Findings
from tests.soak.stage import KEYS, Stage

JUDGED_MINUTES = 5
"""A shorter run is all warm-up: its memory is told and not judged."""

MOST_SOCKETS = 24
"""What S3's client keeps open for the next request, and what listens."""

LIMIT = 60e6
"""Bytes an hour that memory may rise by at most, doubt included: a service of 200 MB in a container
of 512 would run for five hours, and an execution environment of Lambda lives for no longer."""

# The cache of releases is meant to stay: a folder, and whole files by digest.
_CACHE = re.compile(r"microlens-\d+-[0-9a-f]{16}(?:/[0-9a-f]{64})?")


def wrong_counts(url: str, ledger: Ledger, pictures: int) -> list[str]:
    """Where the service at `url` counted something else than those who asked it."""
    counted = _counted(url)
    theirs = sum(
        counted[f"microlens_pictures_{what}_total"] for what in ("classified", "refused", "failed")
    )
    errors = sum(
        number
        for (door, outcome), number in ledger.outcomes.items()
        if outcome.startswith("5") and not door.startswith("event")
    )
    wrong = []
    if theirs != pictures:
        wrong.append(f"{pictures} pictures were sent, and the service counted {theirs:.0f}")
    if counted["microlens_classify_errors_total"] != errors:
        told = counted["microlens_classify_errors_total"]
        wrong.append(f"{errors} answers were 5xx, and the service counted {told:.0f}")
    return wrong


def _counted(url: str) -> dict[str, float]:
    text = httpx.get(f"{url}/metrics", trust_env=False).text
    found = re.findall(r"^(microlens_\w+_total)\{[^}]*\} (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found}


def wrong_results(stage: Stage, ledger: Ledger) -> list[str]:
    """Every picture that an event told of, and every upload, has its one result."""
    keys = list(open_store(f"s3://{stage.results}").list("results/"))
    ours = sorted(key for key in keys if "/uploads/" not in key)
    told = ledger.sent["event: S3"] + ledger.sent["event: in a queue"]
    wanted = len([key for key in ours if "/ok/" in key])
    wrong = []
    if len(ours) != wanted or not 0 < wanted <= min(told, KEYS):
        wrong.append(f"{len(ours)} results of {told} events: {ours}")
    if len(keys) - len(ours) != ledger.sent[UPLOAD]:
        wrong.append(f"{len(keys) - len(ours)} results of {ledger.sent[UPLOAD]} uploads")
    return wrong


def wrong_memory(found: Findings) -> list[str]:
    """Memory that rises, or of which nobody can tell."""
    if found.seconds < JUDGED_MINUTES * 60:
        return []
    reason = found.slope.reason_against(LIMIT)
    return [reason] if reason else []


def wrong_leftovers(found: Findings, temporary: Path) -> list[str]:
    """What is still open, and what lies among the temporary files.

    Both looks are at a service that nobody asks, and all pools were full before the first.
    """
    early, late, wrong = found.early, found.late, []
    if late.sockets > MOST_SOCKETS:
        wrong.append(f"{late.sockets} sockets are open at the end")
    if found.seconds >= JUDGED_MINUTES * 60:  # in less it was not warm when it was looked at
        if late.files > early.files:
            wrong.append(f"{late.files} files are open at the end, {early.files} when it was warm")
        if late.threads > early.threads:
            wrong.append(f"{late.threads} threads at the end, {early.threads} when it was warm")
    left = sorted(str(path.relative_to(temporary)) for path in temporary.rglob("*"))
    strange = [name for name in left if not _CACHE.fullmatch(name)]
    if strange:
        wrong.append(f"temporary files were left: {strange[:10]}")
    return wrong
