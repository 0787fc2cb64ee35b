"""Running a function on untrusted files in a child process that has little to lose.

The child is a fresh interpreter in isolated mode: no environment of the parent (so no
credentials), no site of the user, memory and CPU bounded by the kernel, its own session, killed
at a deadline, and without a network where the system lets an ordinary process give it up.
Arguments and results go through files as JSON; a path inside them is for the caller to check.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from inference.errors import HostileModel, ModelError, UnreadableModel
from inference.keras_files.limits import Bounds

Plain = Any
"""Anything that JSON can hold."""

# All that the child knows of the machine, beside the place of Python's own library: nothing here
# is taken from the parent's environment.
_ENVIRONMENT: Final = {
    "LANG": "C.UTF-8",
    "PATH": os.defpath,
    "PYTHONDONTWRITEBYTECODE": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
}
_ERRORS: Final = {each.__name__: each for each in (ModelError, UnreadableModel, HostileModel)}
_MEMORY: Final = "MemoryError"
_OUT_OF_MEMORY: Final = (
    *("memoryerror", "bad_alloc", "out of memory", "cannot allocate memory"),
    # What Python says of a C module that got no memory and did not tell.
    "error return without exception set",
    *("oom when allocating", "failed to map segment", "pthread_create", "can't start new thread"),
)
_PR_SET_PDEATHSIG: Final = 1
_MAPPED_BYTES: Final = 8 * 1024**3
"""Addresses of libraries, and those that threads reserve and never write to: TensorFlow has 2 GB of
them before it holds a single number."""
_WITHOUT_NETWORK: Final = ("unshare", "--user", "--map-root-user", "--net")
_CHILD: Final = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from inference.keras_files.isolation import answer
answer(*sys.argv[2:])
"""


@dataclass(frozen=True, slots=True)
class Isolated:
    """What a function in a child returned, and whether the child had no network."""

    result: Plain
    without_network: bool


def run_isolated(function_path: str, args: Sequence[Plain], bounds: Bounds) -> Isolated:
    """Call `module:function` with `args` in a child process, and hand back what it returned.

    Arguments and result are plain JSON values; files are passed by their paths. A `ModelError`
    of the function is raised here with its words; so is the child's death: `ModelError`, with
    the figure and the advice, when it took more than `bounds`, or crashed.
    """
    alone = _can_leave_the_network()
    with TemporaryDirectory(prefix="microlens-") as place:
        question, reply = Path(place) / "question.json", Path(place) / "reply.json"
        asked = {"args": list(args), "parent": os.getpid()}
        limits = {"seconds": bounds.seconds, "memory_bytes": bounds.memory_bytes}
        question.write_text(json.dumps({**asked, **limits}))
        path = json.dumps([str(Path(each).resolve()) for each in sys.path if each])
        child = [sys.executable, "-I", "-c", _CHILD, path, function_path, question, reply]
        command = [*(_WITHOUT_NETWORK if alone else ()), *child]
        error = _run(command, place, bounds)
        if reply.is_file():
            return Isolated(_result(json.loads(reply.read_text()), bounds), alone)
    raise ModelError(error or "the process that read the model ended without an answer")


def answer(function_path: str, question: str, reply: str) -> None:
    """The child's side: bind itself, call the function, write what came of it."""
    from importlib import import_module

    asked = json.loads(Path(question).read_text())
    _die_with(asked["parent"])
    _bind(asked["seconds"], asked["memory_bytes"])
    module, _, name = function_path.partition(":")
    try:
        said = {"result": getattr(import_module(module), name)(*asked["args"])}
    except ModelError as exc:
        said = {"error": type(exc).__name__, "message": str(exc)}
    except Exception as exc:  # noqa: BLE001 - the child's outermost edge
        message = f"{type(exc).__name__}: {str(exc)[:500]}"
        said = {"error": _MEMORY if _speaks_of_memory(message) else "", "message": message}
    unfinished = Path(f"{reply}.part")
    unfinished.write_text(json.dumps(said))
    unfinished.replace(reply)


def _run(command: Sequence[str | Path], place: str, bounds: Bounds) -> str | None:
    """Run the child to its end or to the deadline; why it gave no answer, in words."""
    log = Path(place) / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=place,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            code = process.wait(bounds.seconds)
        except subprocess.TimeoutExpired:
            taken = f"reading the model took more than {bounds.seconds:,.0f} seconds"
            return f"{taken} and was stopped{bounds.or_else}"
        finally:
            _end(process)
    if code == 0:
        return None
    if _speaks_of_memory(log.read_text("utf-8", "replace")) or code == -signal.SIGKILL:
        # Whoever kills what we have not stopped is the kernel, short of memory.
        return _too_much_memory(bounds)
    return f"the process that read the model ended with code {code}"


def _environment() -> dict[str, str]:
    from inference.environment import library_path  # the child itself has no use for settings

    found = library_path()
    return _ENVIRONMENT | ({"LD_LIBRARY_PATH": found} if found else {})


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the child and whatever it started: it leads a session of its own."""
    with suppress(ProcessLookupError):  # it is gone, and all its children with it
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _result(said: dict[str, Plain], bounds: Bounds) -> Plain:
    if said.get("error") == _MEMORY:
        raise ModelError(_too_much_memory(bounds))
    if "error" in said:
        raise _ERRORS.get(str(said["error"]), ModelError)(str(said["message"]))
    return said.get("result")


def _die_with(parent: int) -> None:
    """Let this process end when the one that asked does, however that ends; Linux alone can."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before we could say so
            os._exit(1)


def _bind(seconds: float, memory_bytes: int) -> None:
    """Have the kernel bound this process: memory to write to, addresses, CPU, no core file."""
    import resource

    cores = os.cpu_count() or 1
    cpu = int(seconds * cores) + 1
    for limit, value in (
        (resource.RLIMIT_DATA, memory_bytes),
        (resource.RLIMIT_AS, memory_bytes + _MAPPED_BYTES),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(limit)[1]
        within = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (within, within))


def _speaks_of_memory(text: str) -> bool:
    """Whether these words of Python, TensorFlow or the C library mean that memory ran out."""
    return any(sign in text.lower() for sign in _OUT_OF_MEMORY)


def _too_much_memory(bounds: Bounds) -> str:
    most = bounds.memory_bytes / 1024**2
    return f"reading the model took more than {most:,.0f} MB of memory{bounds.or_else}"


@cache
def _can_leave_the_network() -> bool:
    """Whether this system lets an ordinary process start one without a network."""
    try:
        tried = subprocess.run(
            [*_WITHOUT_NETWORK, "true"],
            check=False,
            capture_output=True,
            env=_ENVIRONMENT,
            timeout=5,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0
