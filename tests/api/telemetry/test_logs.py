"""Log lines for machines and for people say the same."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Iterator

import pytest

from api.workers import Workers
from inference.logs import REQUEST_ID, JsonFormatter, TextFormatter, configure_logs
from inference.settings import read_settings

REQUEST = {"route": "/classify", "status": 200, "ms": {"total": 1.5}}


def record(message: str = "said", **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("api.x", logging.INFO, __file__, 1, message, (), None)
    made.__dict__.update(extra)
    return made


@pytest.fixture
def request_id() -> Iterator[str]:
    token = REQUEST_ID.set("abc")
    yield "abc"
    REQUEST_ID.reset(token)


def test_a_json_line_is_one_object_with_what_was_said_beside_it(request_id: str) -> None:
    line = JsonFormatter().format(record(request=REQUEST))

    assert "\n" not in line
    said = json.loads(line)
    assert said.pop("timestamp").endswith("Z")
    assert said == {
        "level": "INFO",
        "message": "said",
        "logger": "api.x",
        "requestId": request_id,
        "request": REQUEST,
    }


def test_a_line_break_in_a_message_ends_no_json_line() -> None:
    line = JsonFormatter().format(record('a "break"\n{"level": "forged"}'))
    assert len(line.splitlines()) == 1
    assert json.loads(line)["message"].endswith('{"level": "forged"}')


def test_an_error_brings_its_traceback() -> None:
    made = record()
    try:
        raise ValueError("why")
    except ValueError:
        made.exc_info = sys.exc_info()
    said = json.loads(JsonFormatter().format(made))
    assert said["errorType"] == "ValueError"
    assert "ValueError: why" in said["stackTrace"]
    assert "ValueError: why" in TextFormatter().format(made)


def test_people_read_the_same_as_pairs(request_id: str) -> None:
    line = TextFormatter().format(record(request=REQUEST))
    assert line.endswith(
        f"INFO api.x: said route=/classify status=200 ms_total=1.5 id={request_id}"
    )


def test_a_line_break_in_a_message_ends_no_line_for_people_either() -> None:
    """A key in a bucket may hold one, and what follows would look like a line of ours."""
    made = record("b/x\n2026-01-01 ERROR api.x: forged \x1b[2J\u2028\udc80 × ä")

    line = TextFormatter().format(made)

    assert len(line.splitlines()) == 1
    assert line.endswith(r"b/x\n2026-01-01 ERROR api.x: forged \x1b[2J\u2028\udc80 × ä")


def test_whatever_is_said_while_a_request_is_worked_on_has_its_id(request_id: str) -> None:
    assert TextFormatter().format(record("not answered: why")).endswith(f"why id={request_id}")


def test_a_thread_that_works_for_a_request_speaks_with_its_id(request_id: str) -> None:
    async def work() -> tuple[str, str]:
        workers = Workers()
        try:
            return await workers.compute(REQUEST_ID.get), await workers.fetch(REQUEST_ID.get)
        finally:
            workers.close()

    assert asyncio.run(work()) == (request_id, request_id)


def test_libraries_do_not_speak_below_info_whatever_is_wanted() -> None:
    root, ours = logging.getLogger(), logging.getLogger("api")
    before = root.level, ours.level
    try:
        configure_logs(read_settings({"MICROLENS_LOG_LEVEL": "DEBUG"}))
        assert not logging.getLogger("botocore.auth").isEnabledFor(logging.DEBUG)
        assert logging.getLogger("api.routes").isEnabledFor(logging.DEBUG)
        configure_logs(read_settings({"MICROLENS_LOG_LEVEL": "ERROR"}))
        assert not logging.getLogger("api.routes").isEnabledFor(logging.INFO)
    finally:
        root.setLevel(before[0])
        ours.setLevel(before[1])
