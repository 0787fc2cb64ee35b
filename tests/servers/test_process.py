"""A server that a test starts is watched, stopped whole, and knows nothing of the developer."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.servers.process import (
    ServerError,
    environment,
    free_ports,
    listens,
    running,
    session_members,
)

STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork():
    print("up", flush=True)
time.sleep(60)
"""


def test_a_server_that_is_never_ready_is_given_up_at_its_deadline(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]

    with (
        pytest.raises(ServerError, match=r"not ready within 0\.5 s"),
        running("It", command, env=environment(), cwd=tmp_path, log_path=tmp_path / "log") as it,
    ):
        it.wait_until(lambda: False, 0.5)

    assert it.process.returncode is not None


def test_a_server_and_a_child_that_ignore_the_request_to_stop_are_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.servers.process.STOP_SECONDS", 0.2)
    log_path = tmp_path / "log"
    command = [sys.executable, "-c", STUBBORN]

    with running("It", command, env=environment(), cwd=tmp_path, log_path=log_path) as it:
        it.wait_until(lambda: "up" in it.log(), 10)
        assert len(session_members(it.process.pid)) == 2

    assert it.process.returncode == -signal.SIGKILL
    # The kernel takes a moment to end who was killed.
    end = time.monotonic() + 10
    while session_members(it.process.pid) and time.monotonic() < end:
        pass
    assert session_members(it.process.pid) == []


def test_the_environment_of_a_server_holds_nothing_of_the_developers_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("MICROLENS_MODEL", "mine")

    variables = environment({"MICROLENS_TOP_K": "3"})

    assert "AWS_PROFILE" not in variables
    assert "MICROLENS_MODEL" not in variables
    assert variables["MICROLENS_TOP_K"] == "3"
    assert variables["AWS_CONFIG_FILE"] == os.devnull


def test_free_ports_are_all_different_and_nobody_listens_there() -> None:
    ports = free_ports(8)

    assert len(set(ports)) == 8
    assert not any(listens(port) for port in ports)
