"""Which pictures belong together and must stay on one side of the split: a CSV, or their names."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from training.transfer.folders import Unusable, naming

COLUMNS: Final = ("picture", "group")
_MOST_BYTES: Final = 50_000_000


def groups_from_csv(file: Path, names: Sequence[str]) -> list[str]:
    """The group of each of `names` (`CLASS/picture.jpg`), from a CSV with `picture,group`.

    Raises `Unusable` when the file cannot be read, has other columns, or lacks a picture.
    """
    rows = _rows(file)
    missing = [name for name in names if name not in rows]
    if missing:
        raise Unusable(
            f"{file} names no group for {len(missing):,} of {len(names):,} pictures: "
            f"{naming(missing)}; it has a line picture,group for each, as in {names[0]},patient-1"
        )
    return [rows[name] for name in names]


def _rows(file: Path) -> dict[str, str]:
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
            return {(row["picture"] or "").strip(): (row["group"] or "").strip() for row in reader}
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise Unusable(f"{file} cannot be read as CSV: {exc}") from exc


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
    found = [pattern.search(name) for name in names]
    missing = [name for name, match in zip(names, found, strict=True) if match is None]
    if missing:
        raise Unusable(
            f"--group-by {pattern.pattern!r} finds no group in {len(missing):,} of {len(names):,} "
            f"names: {naming(missing)}"
        )
    return [match[1] or "" for match in found if match is not None]
