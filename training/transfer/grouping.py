"""Which pictures belong together and must stay on one side of the split: a CSV, or their names."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inference.plurals import counted
from training.transfer.folders import Unusable, naming

COLUMNS: Final = ("picture", "group")
_MOST_BYTES: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class Together:
    """How the operator says which pictures belong together: a CSV, or a pattern of names."""

    file: Path | None = None
    pattern: re.Pattern[str] | None = None

    def groups(self, names: Sequence[str]) -> list[str] | None:
        """The group of each picture; None where nothing was said."""
        if self.file:
            return groups_from_csv(self.file, names)
        return groups_from_names(self.pattern, names) if self.pattern else None


ALONE: Final = Together()
"""Nothing was said: each picture is a group of its own."""


def read_together(file: Path | None, pattern: str | None) -> Together:
    """What `--groups` and `--group-by` say; `Unusable` for both at once, or for no pattern."""
    if file and pattern is not None:
        raise Unusable("--groups and --group-by both say what belongs together: give one")
    return Together(file, compile_pattern(pattern) if pattern is not None else None)


def groups_from_csv(file: Path, names: Sequence[str]) -> list[str]:
    """The group of each of `names` (`CLASS/picture.jpg`), from a CSV with `picture,group`.

    Raises `Unusable` when the file cannot be read, has other columns, lacks a picture or its
    group, or names one twice.
    """
    rows = _rows(file)
    found = [rows.get(_composed(name), "") for name in names]
    missing = [name for name, group in zip(names, found, strict=True) if not group]
    if missing:
        raise Unusable(
            f"{file} names no group for {len(missing):,} of {len(names):,} pictures: "
            f"{naming(missing)}; it has a line picture,group for each, as in {names[0]},patient-1"
        )
    return found


def _rows(file: Path) -> dict[str, str]:
    """Group by picture; lines that name no picture, as spreadsheets leave them, are no lines."""
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise Unusable(f"{file} has more than {_MOST_BYTES:,} bytes")
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if not set(COLUMNS) <= set(reader.fieldnames or ()):
                raise Unusable(
                    f"the first line of {file} is {','.join(reader.fieldnames or ())!r}; it names "
                    "the columns picture,group"
                )
            every = [
                (_composed((row["picture"] or "").strip()), (row["group"] or "").strip())
                for row in reader
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise Unusable(f"{file} cannot be read as CSV: {exc}") from exc
    rows = [(name, group) for name, group in every if name]
    twice = [name for name, count in Counter(name for name, _ in rows).items() if count > 1]
    if twice:
        groups = " and ".join(group for name, group in rows if name == twice[0])
        raise Unusable(
            f"{file} names {counted(len(twice), 'picture')} more than once: {naming(twice)}; "
            f"{twice[0]} is in the groups {groups}. A picture is of one group: leave one line of it"
        )
    return dict(rows)


def _composed(name: str) -> str:
    """Some file systems, and what lists them, take letters apart from their accents."""
    return unicodedata.normalize("NFC", name)


def compile_pattern(text: str) -> re.Pattern[str]:
    """The pattern of `--group-by`; `Unusable` unless it is one with one group."""
    try:
        pattern = re.compile(text)
    except re.error as exc:
        raise Unusable(f"--group-by {text!r} is no regular expression: {exc}") from exc
    if pattern.groups != 1:
        raise Unusable(
            f"--group-by {text!r} has {pattern.groups} pairs of parentheses; one says which part "
            "of CLASS/picture.jpg names the group, as in '(patient[0-9]+)'"
        )
    return pattern


def groups_from_names(pattern: re.Pattern[str], names: Sequence[str]) -> list[str]:
    """What `pattern` finds in each of `names`; `Unusable` where it finds nothing."""
    matches = [pattern.search(name) for name in names]
    found = [(match[1] or "") if match else "" for match in matches]
    missing = [name for name, group in zip(names, found, strict=True) if not group]
    if missing:
        raise Unusable(
            f"--group-by {pattern.pattern!r} finds no group in {len(missing):,} of {len(names):,} "
            f"names: {naming(missing)}"
        )
    return found
