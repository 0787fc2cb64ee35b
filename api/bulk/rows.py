"""A result object as a row of a table: columns with names and types, the same for every result."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from inference.errors import BadRequest

Row = dict[str, Any]
"""A value, or None, for each column."""

# Of a result, by the members that lead there; the first label stands without a number.
_TEXTS: dict[str, tuple[str, ...]] = {
    "bucket": ("bucket",),
    "key": ("key",),
    "version_id": ("versionId",),
    "etag": ("eTag",),
    "model": ("model", "name"),
    "release": ("model", "release"),
    "stage": ("model", "stage"),
    "format": ("image", "format"),
    "sha256": ("image", "sha256"),
    "decision": ("decision",),
    "code": ("code",),
    "detail": ("detail",),
}
_NUMBERS: dict[str, tuple[str, ...]] = {
    "width": ("image", "width"),
    "height": ("image", "height"),
}

Kind = type[str] | type[int] | type[float] | type[datetime]


def columns(top_k: int) -> dict[str, Kind]:
    """The columns and their types, in order, with `top_k` labels and scores."""
    answers: dict[str, Kind] = {}
    for place in range(1, top_k + 1):
        number = "" if place == 1 else f"_{place}"
        answers |= {f"label{number}": str, f"score{number}": float}
    return {
        **dict.fromkeys(("bucket", "key", "version_id", "etag"), str),
        "last_modified": datetime,
        **answers,
        "decision": str,
        "labels": str,
        "coverage": float,
        **dict.fromkeys(("model", "release", "stage", "format"), str),
        **dict.fromkeys(("width", "height"), int),
        "sha256": str,
        "total_ms": float,
        **dict.fromkeys(("code", "detail", "result"), str),
    }


def row(data: bytes, result: str, top_k: int) -> Row:
    """The row of a result, which lies at `result`.

    Raises `BadRequest`, which says why, for what is no result of ours.
    """
    document = _document(data)
    predictions = document.get("predictions")
    if not isinstance(document.get("code"), str) and not isinstance(predictions, list):
        raise BadRequest("it has neither predictions nor a code")
    found: Row = {name: _text(_at(document, path)) for name, path in _TEXTS.items()}
    if not found["bucket"] or not found["key"]:
        raise BadRequest("it does not say which picture it is of")
    found |= {name: _whole(_at(document, path)) for name, path in _NUMBERS.items()}
    found |= _answers(predictions if isinstance(predictions, list) else [], top_k)
    found["labels"] = _joined(document.get("labels"))
    found["coverage"] = _number(document.get("coverage"))
    found["total_ms"] = _number(_at(document, ("timing_ms", "total")))
    found["last_modified"] = _time(document.get("lastModified"))
    found["result"] = _text(result)
    return {name: found[name] for name in columns(top_k)}


def condition(text: str, top_k: int) -> Callable[[Row], bool]:
    """What `COLUMN=VALUE` asks of a row; raises `BadRequest` for what is no condition.

    An empty VALUE asks that there is none. Numbers are compared as numbers.
    """
    name, equals, value = text.partition("=")
    known = columns(top_k)
    if not equals or name not in known:
        raise BadRequest(f"{text[:80]!r} is not COLUMN=VALUE with one of {', '.join(known)}")
    if value == "":
        return lambda row: row[name] is None
    wanted: object = value
    if known[name] is not str:
        try:
            wanted = _time(value) if known[name] is datetime else float(value)
        except ValueError:
            wanted = None
        if wanted is None:
            raise BadRequest(f"{value[:80]!r} is no value of the column {name}")
    return lambda row: row[name] is not None and row[name] == wanted


def _document(data: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise BadRequest(f"it is no JSON: {str(exc)[:100]}") from exc
    if not isinstance(document, dict):
        raise BadRequest("it is no JSON object")
    return document


def _answers(predictions: list[Any], top_k: int) -> Row:
    found: Row = {}
    for place in range(1, top_k + 1):
        one = predictions[place - 1] if place <= len(predictions) else {}
        if not isinstance(one, dict):
            raise BadRequest(f"its prediction {place} is no object")
        number = "" if place == 1 else f"_{place}"
        found[f"label{number}"] = _text(one.get("label"))
        found[f"score{number}"] = _number(one.get("score"))
    return found


def _joined(labels: object) -> str | None:
    """The labels that cover the right one, as the page joins them in its CSV."""
    if not isinstance(labels, list):
        return None
    return _text("; ".join(each for each in labels if isinstance(each, str)))


def _at(document: Mapping[str, Any], path: tuple[str, ...]) -> object:
    value: object = document
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _text(value: object) -> str | None:
    """Text that UTF-8 can hold: half of a character is spelled out."""
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:  # an integer of hundreds of digits
        return None
    return number if math.isfinite(number) else None


def _whole(value: object) -> int | None:
    """A number of pixels: one that a table's 64 bits hold."""
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63
    return value if fits and isinstance(value, int) else None


def _time(value: object) -> datetime | None:
    """A moment with its zone; None for any other text."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None
