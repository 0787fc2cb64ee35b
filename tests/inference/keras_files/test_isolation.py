"""A child process that reads what nobody trusts: bound, alone, and heard."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inference.errors import HostileModel, ModelError
from inference.keras_files import isolation
from inference.keras_files.isolation import run_isolated
from inference.keras_files.limits import Bounds

HERE = "tests.inference.keras_files.test_isolation"
PROJECT = Path(__file__).parents[3]
GIGABYTE = 1024**3


def add(one: int, other: int) -> int:
    return one + other


def environment() -> dict[str, str]:
    return dict(os.environ)


def wait(started: str) -> None:
    Path(started).write_text(str(os.getpid()))
    while True:
        time.monotonic()


def fill() -> int:
    return len(bytearray(4 * GIGABYTE))


def crash() -> None:
    os.abort()


def refuse() -> None:
    raise HostileModel("layer 'x' is a Lambda")


def stumble() -> None:
    raise KeyError("x")


def connect(port: int) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        return "connected"


def run(name: str, *args: Any, seconds: float = 30, memory_bytes: int = 2 * GIGABYTE) -> Any:
    return run_isolated(f"{HERE}:{name}", args, Bounds(seconds, memory_bytes, "take less"))


def test_a_function_gives_its_answer_through_files() -> None:
    assert run("add", 2, 3).result == 5


def test_the_child_knows_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "opens nothing")
    monkeypatch.setenv("SOME_TOKEN", "opens nothing")
    seen = run("environment").result
    assert "opens nothing" not in seen.values()
    assert not [name for name in seen if name.startswith("AWS_")]


def test_the_child_finds_the_libraries_that_python_itself_is_made_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """AWS's Python does not start without this variable."""
    monkeypatch.setenv("LD_LIBRARY_PATH", "/var/lang/lib:here::/lib64")
    assert run("environment").result["LD_LIBRARY_PATH"] == "/var/lang/lib:/lib64"
    monkeypatch.delenv("LD_LIBRARY_PATH")
    assert "LD_LIBRARY_PATH" not in run("environment").result


def test_the_child_ends_with_the_process_that_asked_however_that_ends(tmp_path: Path) -> None:
    began = tmp_path / "pid"
    code = f"from {HERE} import run\nrun('wait', {str(began)!r}, seconds=60)"
    asking = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT)
    until(lambda: began.exists() and began.read_text() != "")
    asking.kill()
    asking.wait()
    until(lambda: has_ended(began.read_text()))


def has_ended(pid: str) -> bool:
    try:
        return "\nState:\tZ" in Path("/proc", pid, "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline


def test_the_child_is_ended_at_its_deadline(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(ModelError, match="more than 2 seconds and was stopped; take less"):
        run("wait", str(tmp_path / "pid"), seconds=2)
    assert time.monotonic() - started < 10
    child = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_the_child_cannot_take_more_memory_than_it_may() -> None:
    with pytest.raises(ModelError, match="more than 2,048 MB of memory; take less"):
        run("fill")


def test_a_crash_is_told_in_words() -> None:
    with pytest.raises(ModelError, match="ended with code"):
        run("crash")


def test_an_error_of_ours_comes_back_as_it_was() -> None:
    with pytest.raises(HostileModel, match="'x' is a Lambda"):
        run("refuse")


def test_any_other_error_comes_back_as_a_model_error() -> None:
    with pytest.raises(ModelError, match="KeyError"):
        run("stumble")


def test_the_child_has_no_network_or_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if run("add", 1, 1).without_network:
            with pytest.raises(ModelError, match="Error"):
                run("connect", port)
        else:
            assert run("connect", port).result == "connected"


def test_without_the_right_to_leave_the_network_it_still_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(isolation, "_WITHOUT_NETWORK", ("no-such-program",))
    isolation._can_leave_the_network.cache_clear()  # noqa: SLF001 - so that it asks again
    try:
        answered = run("add", 2, 2)
    finally:
        isolation._can_leave_the_network.cache_clear()  # noqa: SLF001 - for the tests after this
    assert answered == isolation.Isolated(4, without_network=False)
