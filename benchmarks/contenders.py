"""The servers that are measured: us and the peers, each as its own documentation starts it."""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.environments import PEERS, peer_environment
from benchmarks.load import drive, form, post
from benchmarks.networks import FLOAT32, KERAS, bundle, network_folder
from inference.manifest import MODEL_FILE
from tests.servers.process import (
    Server,
    environment,
    free_ports,
    listens,
    running,
)
from tests.servers.uvicorn import PROJECT

US = "Microlens"
US_INT8 = "Microlens, int8"
READY_SECONDS = 120.0
_NETWORK = "mobilenet_v2"


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers, with all its processes."""

    server: Server
    port: int

    def pause(self) -> None:
        """Stop all its processes where they are: an idle peer takes no core from another."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)

    @contextmanager
    def awake(self) -> Iterator[Running]:
        """Let it go on while the block lasts."""
        self.resume()
        try:
            yield self
        finally:
            self.pause()

    def resident_bytes(self) -> int:
        """Memory of all its processes; what several of them share is counted once."""
        return sum(_memory(pid, "smaps_rollup", "Pss:") for pid in self._pids())

    def rss_bytes(self) -> int:
        """Resident memory of its first process, as `ps` shows it."""
        return _memory(self.server.process.pid, "status", "VmRSS:")

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._pids():
            os.kill(pid, number)

    def _pids(self) -> list[int]:
        return family(self.server.process.pid)


@dataclass(frozen=True, slots=True)
class Contender:
    """A server that can be started, and how a picture is sent to it."""

    name: str
    what: str
    path: str
    start: Callable[[], Iterator[Running]]

    @contextmanager
    def running(self) -> Iterator[Running]:
        """The server while the block lasts."""
        yield from self.start()

    def request(self, *pictures: bytes) -> bytes:
        """One request with `pictures` in the field `image` of a form."""
        return post(self.path, *form("image", pictures))


@contextmanager
def microlens(model: Path, env: Mapping[str, str] | None = None) -> Iterator[Running]:
    """`microlens serve`, one process."""
    command = [sys.executable, "-m", "cli.main", "serve", "--port=0", f"--model={model}"]
    yield from _serving("microlens", command, {"PYTHONUNBUFFERED": "1", **(env or {})}, PROJECT)


def ours(scheme: str = FLOAT32) -> Contender:
    """Microlens with the network that all contenders serve, published in `float32` or `int8`."""

    def start() -> Iterator[Running]:
        with microlens(bundle(_NETWORK, scheme)) as server:
            yield server

    name = US if scheme == FLOAT32 else US_INT8
    return Contender(name, f"`microlens serve`, one process, {scheme}", "/classify", start)


def peers() -> list[Contender]:
    """The others, their environments installed."""
    tflite = bundle(_NETWORK) / MODEL_FILE["litert"]
    keras = network_folder(_NETWORK) / KERAS
    return [
        Contender(
            "LitServe",
            "LitServe and LiteRT, 2 workers",
            "/predict",
            _peer("litserve", lambda python, port: [python, "server.py", port, tflite], {}),
        ),
        Contender(
            "BentoML",
            "BentoML and LiteRT, 2 workers",
            "/classify",
            _peer("bentoml", _bentoml, {"MODEL": str(tflite), "BENTOML_DO_NOT_TRACK": "true"}),
        ),
        Contender(
            "FastAPI + Keras",
            "FastAPI and keras.predict",
            "/classify",
            _peer("fastapi_keras", _uvicorn, {"MODEL": str(keras), "TF_CPP_MIN_LOG_LEVEL": "3"}),
        ),
    ]


def _bentoml(python: Path, port: str) -> Sequence[str | Path]:
    options = ["--host", "127.0.0.1", "--port", port]
    return [python.parent / "bentoml", "serve", "server:Classifier", *options]


def _uvicorn(python: Path, port: str) -> Sequence[str | Path]:
    return [python, "-m", "uvicorn", "server:app", "--host", "127.0.0.1", "--port", port]


def _peer(
    name: str, command: Callable[[Path, str], Sequence[str | Path]], env: Mapping[str, str]
) -> Callable[[], Iterator[Running]]:
    """How the server in `peers/NAME` is started, with the Python of its own environment."""
    python = peer_environment(name) / "bin" / "python"

    def start() -> Iterator[Running]:
        (port,) = free_ports(1)
        with tempfile.TemporaryDirectory(prefix=f"{name}-") as home:
            arguments = [str(each) for each in command(python, str(port))]
            # Its own programs first, and a home of its own for what it writes.
            path = f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"
            variables = {"PATH": path, "HOME": home, "BENTOML_HOME": home, **env}
            yield from _serving(name, arguments, variables, PEERS / name, port)

    return start


def _serving(
    name: str, command: Sequence[str], env: Mapping[str, str], cwd: Path, port: int | None = None
) -> Iterator[Running]:
    """Run `command` until it listens; without `port`, on the one that it announces."""
    members: list[int] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        log = Path(folder, "log")
        try:
            with running(name, command, env=environment(env), cwd=cwd, log_path=log) as server:
                server.wait_until(lambda: _port(server, port) is not None, READY_SECONDS)
                found = Running(server, _port(server, port) or 0)
                try:
                    yield found
                finally:
                    found.resume()  # who is paused cannot end
                    members = family(server.process.pid)
        finally:
            for pid in members:  # workers in sessions of their own, if they have outlived it
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def wait_until_ready(running: Running, request: bytes) -> None:
    """Return once `request` is answered with 200."""
    running.server.wait_until(partial(_answers, running.port, request), READY_SECONDS)


def _answers(port: int, request: bytes) -> bool:
    try:
        return drive(port, [request], 1, most=1).answers[0].status == 200
    except OSError:
        return False


def _port(server: Server, port: int | None) -> int | None:
    """The port on which a process of the server listens, if it does."""
    if port is None:
        announced = re.search(r"http://127\.0\.0\.1:(\d+)", server.log())
        return int(announced[1]) if announced else None
    return port if listens(port) else None


def family(pid: int) -> list[int]:
    """A process and all that descend from it, whatever sessions they have opened."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended while we looked
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


def _memory(pid: int, file: str, name: str) -> int:
    """One figure of /proc in bytes; 0 for a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except OSError:
        return 0
    found = [line for line in lines if line.startswith(name)]
    return int(found[0].split()[1]) * 1024 if found else 0
