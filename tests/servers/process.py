"""A server as a child process: started in a session of its own, watched, and stopped whole."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.02
STOP_SECONDS = 15.0
LISTENING = "0A"  # the state TCP_LISTEN, as /proc/net/tcp writes it


class ServerError(Exception):
    """A server died, or did not become ready in time; the message ends with its log."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server process and the file that its output goes to."""

    name: str
    process: subprocess.Popen[bytes]
    log_path: Path
    stop_signal: signal.Signals = signal.SIGTERM

    def log(self) -> str:
        """What the process and its children have written so far, stdout and stderr together."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def listens_on(self, port: int) -> bool:
        """Does this very process, and no other, accept connections on the port? Linux only."""
        inodes = {
            f"socket:[{fields[9]}]"
            for fields in map(str.split, Path("/proc/net/tcp").read_text().splitlines()[1:])
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port
        }
        return any(link in inodes for link in _open_files(self.process.pid))

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return once `ready()` is true; raise ServerError when the process dies or time is up."""
        deadline = time.monotonic() + seconds
        while not ready():
            # The pause between two looks is a wait for the process's death, which ends it early.
            try:
                code = self.process.wait(POLL_SECONDS)
            except subprocess.TimeoutExpired:
                if time.monotonic() > deadline:
                    raise self.error(f"was not ready within {seconds:g} s") from None
            else:
                raise self.error(f"ended with exit code {code} before it was ready")

    def error(self, what: str) -> ServerError:
        """A ServerError that says what happened and carries the log."""
        return ServerError(f"{self.name} {what}; its log:\n{self.log()}")

    def stop(self) -> None:
        """Ask the process to end, and kill whatever is left of its session after a deadline."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pid in session_members(self.process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log_path: Path,
    stop_signal: signal.Signals = signal.SIGTERM,
    check: Callable[[str], None] | None = None,
) -> Iterator[Server]:
    """Run `command` with exactly `env` while the block lasts; its output goes to `log_path`.

    `stop_signal` ends it; whatever does not obey in STOP_SECONDS is killed. Then `check` is given
    the whole log of one of ours, and raises for what must not be there.
    """
    with ExitStack() as stack:
        log = stack.enter_context(log_path.open("wb"))
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
        server = Server(name, process, log_path, stop_signal)
        stack.callback(server.stop)
        yield server
    if check:
        check(server.log())


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without the developer's own AWS and Microlens settings.

    What remains can reach no account: no profile files, no instance metadata, and no proxy
    between the test and its server.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MICROLENS_"))}
    return {
        **kept,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        **(extra or {}),
    }


def unwatched(variables: Mapping[str, str]) -> dict[str, str]:
    """These without those by which coverage watches a process: it starts in half the time."""
    return {k: v for k, v in variables.items() if not k.startswith("COVERAGE_PROCESS")}


def free_ports(count: int) -> list[int]:
    """Different ports on 127.0.0.1 that were free a moment ago; another process may be quicker."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def listens(port: int) -> bool:
    """Does something accept connections on this port of 127.0.0.1?"""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _open_files(pid: int) -> list[str]:
    """What the process's descriptors point at; nothing once it has ended."""
    try:
        return [str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return []


def session_members(session: int) -> list[int]:
    """The pids of the living processes in a session, from /proc; none where there is no /proc."""
    members = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        state, its_session = fields[0], int(fields[3])
        if its_session == session and state not in "ZX":
            members.append(int(stat.parent.name))
    return members
