"""Log lines: to standard error, as text or as one JSON object each, at the level of the settings.

What a line says beside its message stands in `extra={"request": {…}}` or `{"picture": {…}}`, so
that AWS's own formatter, which is left in place where there is one, writes the same members.
"""

from __future__ import annotations

import json
import logging
import time
from contextvars import ContextVar
from typing import Any

from inference.settings import Settings

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""What is worked on here: a request's id, or an invocation's. Empty outside of both."""

_OURS = ("api", "inference", "training")

MEMBERS = ("request", "picture")
"""What a line may say beside its message: an object under one of these names."""


class JsonFormatter(logging.Formatter):
    """One object a line, with the members that AWS Lambda's own JSON lines have."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "timestamp": f"{seconds}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        if request_id := REQUEST_ID.get():
            line["requestId"] = request_id
        for name in MEMBERS:
            if name in record.__dict__:
                line[name] = record.__dict__[name]
        if record.exc_info and record.exc_info[0]:
            line["errorType"] = record.exc_info[0].__name__
            line["stackTrace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """A line for people: when, how bad, who, what, and the rest as `name=value`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - its name in the base
        """What stands before a traceback: one line, whatever a key in a bucket may hold."""
        pairs = [
            f"{name}={value}"
            for member in MEMBERS
            for name, value in _flat(record.__dict__.get(member, {}))
        ]
        if request_id := REQUEST_ID.get():
            pairs.append(f"id={request_id}")
        line = " ".join([super().formatMessage(record), *pairs])
        return line if line.isprintable() else _spelled_out(line)


class _Handler(logging.StreamHandler[Any]):
    """Ours, and so to be told anew when the settings are others."""


class _LineFormatter(JsonFormatter):
    """For AWS's handler, which ends no line itself."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{super().format(record)}\n"


def configure_logs(settings: Settings) -> None:
    """Set up the root logger.

    A handler that is there already stays. Lambda's gets our form where it has none of its own for
    JSON and JSON is wanted.
    """
    root = logging.getLogger()
    as_json = settings.log_format == "json"
    if not root.handlers:
        root.addHandler(_Handler())
    for handler in root.handlers:
        if isinstance(handler, _Handler):
            handler.setFormatter(JsonFormatter() if as_json else TextFormatter())
        elif as_json and _writes_text_for_lambda(handler):
            handler.setFormatter(_LineFormatter())
    # botocore says at DEBUG what it signs, and with what: that level is for lines of ours alone.
    level = logging.getLevelNamesMapping()[settings.log_level]
    root.setLevel(max(level, logging.INFO))
    for name in _OURS:
        logging.getLogger(name).setLevel(level if level < logging.INFO else logging.NOTSET)


def _writes_text_for_lambda(handler: logging.Handler) -> bool:
    """Whether it is that of AWS's runtime client, which has a JSON form that it may be set to."""
    is_of_lambda = type(handler).__module__.startswith("awslambdaric.")
    return is_of_lambda and type(handler.formatter) is logging.Formatter


def _spelled_out(line: str) -> str:
    """The line with escapes for line ends and whatever else would look like another line."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in line
    )


def _flat(members: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs = []
    for name, value in members.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{prefix}{name}_")
        else:
            pairs.append((f"{prefix}{name}", value))
    return pairs
