"""What must not be in a log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.invariants.forbidden import (
    PROJECT,
    inside_of,
    parsed,
    paths_in,
    secrets_in,
    signatures_in,
)

_TOKEN = re.compile(r"Bearer (?!TOKEN\b)[\w.~+/=-]{8,}")
# AWS's client writes down whatever a function raises, which is how it asks to be tried again.
_RAISED = re.compile(
    r"^(\[ERROR\] \w.*\n)Traceback \(most recent call last\):\n(?:[^\S\n].*\n?)*", re.MULTILINE
)
# The emulator itself says which command it runs.
_EMULATOR = re.compile(r"\d\d \w{3} \d{4} [\d:,]+ \[\w+\] \(\w+\) ")
# Which model is served is the operator's own word.
_SOURCE = re.compile(rf"{re.escape(PROJECT)}(?!/models\b)")


def check(log: str) -> None:
    """AssertionError when the log of a service says what it must not."""
    wrong = list(wrong_with(log))
    assert not wrong, wrong[:10]


def check_secrets(log: str) -> None:
    """The same of a service that a test has spoilt, which has tracebacks to write."""
    wrong = list(wrong_with(log, is_spoilt=True))
    assert not wrong, wrong[:10]


def wrong_with(log: str, *, is_spoilt: bool = False) -> Iterator[str]:
    """What is wrong with the lines of a log, in words; a traceback is there only after a bug."""
    for line in _RAISED.sub(r"\1", log).splitlines():
        told = [*secrets_in(line), *signatures_in(line), *_tokens_in(line)]
        if told:  # such a line is not repeated
            yield from (f"{what} in the log" for what in told)
            continue
        if not is_spoilt:
            told = [*inside_of(line)]
        if line.startswith('{"'):
            told = [] if is_spoilt else _wrong_with_members(line)
        elif not is_spoilt and _SOURCE.search(line) and not _EMULATOR.match(line):
            told.append("a path of the source")
        yield from (f"{what} in the log line {line[:200]!r}" for what in told)


def _wrong_with_members(line: str) -> list[str]:
    """Of a line that is a JSON object: what it says beside its message is about callers."""
    try:
        members = parsed(line)
    except ValueError as exc:
        return [f"JSON that is none: {exc}"]
    if "errorMessage" in members:  # AWS's client, as above
        members.pop("stackTrace", None)
    about = json.dumps(members.get("request") or members.get("picture") or {})
    wrong = [*inside_of(json.dumps(members)), *paths_in(about)]
    if _SOURCE.search(str(members)):
        wrong.append("a path of the source")
    if "request" in members and "?" in _text(members.get("message")):
        wrong.append("a query")
    return wrong


def _tokens_in(line: str) -> Iterator[str]:
    if _TOKEN.search(line):
        yield "a token"


def _text(message: Any) -> str:
    return message if isinstance(message, str) else json.dumps(message)
