"""Tables on their way out: CSV and Parquet, written row by row."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from inference.errors import OperatorError
from inference.room import reason
from inference.whole import written_whole

if TYPE_CHECKING:
    from api.bulk.rows import Kind, Row

# One group of rows of a Parquet file, which is what is kept in memory.
_GROUP = 10_000
# What makes a spreadsheet take a text for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Sheet(Protocol):
    """Takes rows, one after another."""

    def add(self, row: Row) -> None:
        """Write one row, now or with the next ones."""


class _Csv:
    def __init__(self, stream: TextIO, columns: Mapping[str, Kind]) -> None:
        # Where commas stand in numbers, spreadsheets part cells at semicolons that are not quoted.
        self._writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC)
        self._writer.writerow(columns)

    def add(self, row: Row) -> None:
        self._writer.writerow(map(_cell, row.values()))


@contextmanager
def csv_sheet(path: str, columns: Mapping[str, Kind]) -> Iterator[Sheet]:
    """CSV as RFC 4180 has it, UTF-8, with a line of names; `-` is stdout.

    Texts are quoted; one that a spreadsheet would take for a formula gets a `'` in front.
    """
    if path == "-":
        sys.stdout.flush()
        stream = TextIOWrapper(sys.stdout.buffer, "utf-8", newline="", write_through=False)
        try:
            yield _Csv(stream, columns)
            stream.flush()
        finally:
            stream.detach()
        return
    with _replaced(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
        yield _Csv(file, columns)


def parquet_is_there() -> bool:
    """Whether the extra that writes Parquet is installed."""
    from importlib.util import find_spec

    return find_spec("pyarrow") is not None


class _Parquet:
    def __init__(self, path: Path, columns: Mapping[str, Kind]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        types = {
            str: pa.string(),
            int: pa.int64(),
            float: pa.float64(),
            datetime: pa.timestamp("s", "UTC"),
        }
        self._table = pa.Table
        self._schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
        self._writer = parquet.ParquetWriter(path, self._schema)
        self._rows: list[Row] = []

    def add(self, row: Row) -> None:
        self._rows.append(row)
        if len(self._rows) >= _GROUP:
            self._write()

    def close(self) -> None:
        """Write what is left, and the end of the file."""
        if self._rows:
            self._write()
        self._writer.close()

    def _write(self) -> None:
        self._writer.write_table(self._table.from_pylist(self._rows, schema=self._schema))
        self._rows = []


@contextmanager
def parquet_sheet(path: str, columns: Mapping[str, Kind]) -> Iterator[Sheet]:
    """Parquet, every value as it is."""
    with _replaced(path) as unfinished:
        sheet = _Parquet(unfinished, columns)
        try:
            yield sheet
        finally:
            sheet.close()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    is_formula = isinstance(value, str) and value.startswith(_FORMULA)
    return f"'{value}" if is_formula else value


@contextmanager
def _replaced(path: str) -> Iterator[Path]:
    """A file that gets its name when it is whole, and is deleted when something is raised."""
    final = Path(path)
    try:
        if final.exists() and not final.is_file():
            raise OperatorError(f"{path} is no file: name one, or - for stdout")
        with written_whole(final) as unfinished:
            yield unfinished
    except OSError as exc:
        why = reason(exc) if exc.strerror else exc  # pyarrow has words of its own
        raise OperatorError(f"{path} cannot be written: {why}") from exc
