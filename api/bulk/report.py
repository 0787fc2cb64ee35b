"""The completion report of a job of S3 Batch Operations: one line for each object, in CSV files.

A `manifest.json` lists the files. Its own words say that a line's fifth column is an error code
and the sixth an HTTP status; what S3 writes, in AWS's examples as well, is the other way round,
so the two are told apart by what they look like.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from api.bulk.tally import Tally
from api.errors import TABLE
from inference import s3
from inference.errors import SourceUnavailable

_COLUMNS = 7
# A list of files, some hundred bytes each.
_MOST_BYTES = 50_000_000
_CODES = frozenset(row.code for row in TABLE.values())
_PASSED_OVER = "passed over"


@dataclass(frozen=True, slots=True)
class Line:
    """What a report says of one object."""

    bucket: str
    key: str
    has_succeeded: bool
    error: str
    message: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def read_report(bucket: str, manifest_key: str) -> Iterator[Line]:
    """The lines of all files of a report, as they arrive.

    Raises `SourceNotFound` where there is no report, `SourceUnavailable` for what is none.
    """
    data = s3.get(bucket, manifest_key, max_bytes=_MOST_BYTES).data
    for key in _files(data, f"s3://{bucket}/{manifest_key}"):
        try:
            for row in csv.reader(s3.lines(bucket, key)):
                if line := parse_line(row):
                    yield line
        except csv.Error as exc:
            raise SourceUnavailable(f"s3://{bucket}/{key} is no report: {exc}") from exc


def parse_line(row: Sequence[str]) -> Line | None:
    """One line; None for one that has not its columns."""
    if len(row) < _COLUMNS:
        return None
    bucket, key, _, status, one, other, message = row[:_COLUMNS]
    error = next((each for each in (one, other) if each and not each.isdecimal()), "")
    # S3 repeats the key as its manifest spells it, which is percent-encoded.
    return Line(bucket, unquote(key), status == "succeeded", error, message)


def count(line: Line, tally: Tally) -> None:
    """Count a line by what the function said: of a success the label, of a failure the reason."""
    if not line.has_succeeded:
        code = line.message.partition(":")[0]
        reason = code if code in _CODES else line.error or line.message or "no reason"
        tally.has_failed(reason, str(line), line.message)
    elif line.message == _PASSED_OVER:
        tally.passed_over += 1
    else:
        # "tabby 0.42"; a label may hold spaces.
        label, _, score = line.message.rpartition(" ")
        tally.was_classified(label if label and _is_number(score) else "unknown")


def _files(data: bytes, where: str) -> list[str]:
    try:
        results = json.loads(data)["Results"]
        return [str(each["Key"]) for each in results]
    except (ValueError, LookupError, TypeError) as exc:
        raise SourceUnavailable(f"{where} is no list of reports: {exc}") from exc


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
