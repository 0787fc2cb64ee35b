"""AWS Lambda as it runs a handler: the Runtime Interface Emulator and the real runtime client."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from tests.invariants import logs
from tests.servers.process import (
    Server,
    ServerError,
    environment,
    free_ports,
    running,
    session_members,
    unwatched,
)

READY_SECONDS = 30.0
ATTEMPTS = 3
INVOKE = "/2015-03-31/functions/function/invocations"
PROJECT = Path(__file__).parents[2]
RUNTIME = (sys.executable, "-m", "awslambdaric")


@dataclass(frozen=True, slots=True)
class Emulator:
    """One execution environment. The first invocation is a cold start, all others are warm."""

    server: Server
    client: httpx.Client

    def invoke(self, event: object) -> Any:
        """The handler's answer to `event`, as parsed JSON; the answer to a raised exception is
        AWS's object with `errorType` and `errorMessage`.

        Raises ServerError when what comes back is no JSON: the emulator says in plain text that
        the function timed out or that its process died.
        """
        reply = self.client.post(INVOKE, content=json.dumps(event))
        try:
            return reply.json()
        except ValueError:
            raise self.server.error(f"answered {reply.status_code} {reply.text!r}") from None

    def rss_bytes(self) -> int:
        """The resident memory of the handler's process and its children, without the emulator."""
        pids = session_members(self.server.process.pid)
        return sum(_rss_bytes(pid) for pid in pids if pid != self.server.process.pid)

    def log(self) -> str:
        """What the emulator and the handler have written so far."""
        return self.server.log()


@contextmanager
def emulator(
    handler: str,
    env: Mapping[str, str] | None = None,
    cwd: Path = PROJECT,
    timeout_seconds: int = 60,
    runtime: Sequence[str] = RUNTIME,
    *,
    bare: bool = False,
) -> Iterator[Emulator]:
    """Run `handler` (`module.function`) as AWS Lambda would, with `cwd` as its package.

    `env` is added to an environment without AWS or Microlens settings; a `bare` one has nothing
    else but what Lambda sets. `runtime` is the command that takes the handler as its last
    argument. Nothing is imported before the first invocation.
    """
    with tempfile.TemporaryDirectory(prefix="lambda-") as folder:
        log_path = Path(folder, "log")
        failures: list[ServerError] = []
        for _ in range(ATTEMPTS):  # a chosen port may be taken before it is used
            port, api_port = free_ports(2)
            command = [*_command(port, api_port), *runtime, handler]
            variables = _environment(env, cwd, timeout_seconds, bare=bare)
            with running(
                "The Lambda emulator",
                command,
                env=variables,
                cwd=cwd,
                log_path=log_path,
                check=logs.check,
            ) as server:
                try:
                    server.wait_until(partial(server.listens_on, port), READY_SECONDS)
                except ServerError as error:
                    failures.append(error)
                    continue
                with _client(port, timeout_seconds) as client:
                    yield Emulator(server, client)
                return
        raise failures[-1]


def _command(port: int, api_port: int) -> list[str]:
    return [
        str(Path(sys.executable).parent / "aws-lambda-rie"),
        f"--runtime-interface-emulator-address=127.0.0.1:{port}",
        f"--runtime-api-address=127.0.0.1:{api_port}",
    ]


def _environment(
    env: Mapping[str, str] | None, cwd: Path, timeout_seconds: int, *, bare: bool
) -> dict[str, str]:
    lambda_own = {
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout_seconds),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "LAMBDA_TASK_ROOT": str(cwd),
    }
    wanted = {**lambda_own, **(env or {})}
    if bare:
        return wanted
    # Cold starts and memory are measured, and are to be the real ones.
    return unwatched(environment(wanted))


def _client(port: int, timeout_seconds: int) -> httpx.Client:
    # A little more patience than the function has, so that its time-out is the one reported.
    patience = timeout_seconds + 30
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=patience, trust_env=False)


def _rss_bytes(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:  # it ended while we looked
        return 0
    for line in status.splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0
