"""The Lambda emulator of the tests answers, times out and dies as AWS says."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.emulator import Emulator, emulator
from tests.servers.process import ServerError, free_ports, session_members

HANDLER = '''
"""A function with one branch for each thing that a test asks of the emulator."""

import os
import time


def handle(event, context):
    print("asked to", event["do"])
    if event["do"] == "raise":
        raise ValueError("not this one")
    if event["do"] == "hang":
        time.sleep(60)
    if event["do"] == "die":
        os._exit(3)
    return {"pid": os.getpid(), "name": context.function_name, "said": os.environ.get("SAID")}
'''


@pytest.fixture
def function(tmp_path: Path) -> Iterator[Emulator]:
    (tmp_path / "tiny.py").write_text(HANDLER)
    with emulator("tiny.handle", {"SAID": "hello"}, tmp_path, timeout_seconds=3) as running_one:
        yield running_one


def test_it_answers_with_what_the_handler_returns(function: Emulator) -> None:
    reply = function.invoke({"do": "answer"})

    assert reply == {"pid": reply["pid"], "name": "function", "said": "hello"}
    assert "asked to answer" in function.log()


def test_the_second_invocation_meets_the_same_process(function: Emulator) -> None:
    first, second = function.invoke({"do": "answer"}), function.invoke({"do": "answer"})

    assert first["pid"] == second["pid"] != function.server.process.pid


def test_an_exception_comes_back_as_aws_reports_it(function: Emulator) -> None:
    reply = function.invoke({"do": "raise"})

    assert (reply["errorType"], reply["errorMessage"]) == ("ValueError", "not this one")


def test_it_weighs_the_handlers_process(function: Emulator) -> None:
    function.invoke({"do": "answer"})

    assert 5e6 < function.rss_bytes() < 200e6


def test_a_function_that_hangs_is_reported_with_the_log(function: Emulator) -> None:
    with pytest.raises(ServerError, match=r"(?s)timed out.*asked to hang"):
        function.invoke({"do": "hang"})


def test_a_function_that_dies_is_not_taken_for_an_answer(function: Emulator) -> None:
    reply = function.invoke({"do": "die"})

    assert reply["errorType"] == "Runtime.ExitError"


def test_a_port_that_another_server_has_taken_is_given_up_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiny.py").write_text(HANDLER)
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        choices = iter([[taken, *free_ports(1)], free_ports(2)])
        monkeypatch.setattr("tests.servers.emulator.free_ports", lambda _: next(choices))

        with emulator("tiny.handle", cwd=tmp_path) as function:
            assert function.invoke({"do": "answer"})["name"] == "function"


def test_nothing_of_it_is_left_when_the_block_ends(tmp_path: Path) -> None:
    (tmp_path / "tiny.py").write_text(HANDLER)
    with emulator("tiny.handle", cwd=tmp_path) as function:
        pid = function.invoke({"do": "answer"})["pid"]
        assert pid in session_members(function.server.process.pid)

    assert session_members(function.server.process.pid) == []
    assert not Path(f"/proc/{pid}").exists()
