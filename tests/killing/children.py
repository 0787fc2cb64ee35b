"""Children that are forked from one warm process, run one piece of work, and are killed in it.

The parent keeps to one thread and opens no connection, so that a fork is safe and costs no import.
Linux and macOS; no test framework may be around.
"""

from __future__ import annotations

import os
import select
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Said:
    """What a child that ended by itself wrote, and the seconds it worked."""

    text: str
    seconds: float


class ChildFailed(Exception):
    """A child raised; the message is its traceback."""


def ask(work: Callable[[], str]) -> Said:
    """Run `work` in a child to its end, and hand back what it returns; raises `ChildFailed`."""
    started = perf_counter()
    pid, pipe = _start(work)
    chunks = []
    while chunk := os.read(pipe, 65_536):
        chunks.append(chunk)
    os.close(pipe)
    _, status = os.waitpid(pid, 0)
    text = b"".join(chunks)[1:].decode()
    if status:
        raise ChildFailed(text)
    return Said(text, perf_counter() - started)


def kill_in(work: Callable[[], str], seconds: float) -> bool:
    """Kill a child so many seconds after it began `work`; whether that was before its end."""
    pid, pipe = _start(work)
    os.read(pipe, 1)
    ended, _, _ = select.select([pipe], [], [], seconds)
    if not ended:  # one that has spoken ends by itself, and its failure is told
        os.kill(pid, signal.SIGKILL)
    text = b""
    while chunk := os.read(pipe, 65_536):
        text += chunk
    os.close(pipe)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return not ended
    if status:
        raise ChildFailed(text.decode())
    return False


def _start(work: Callable[[], str]) -> tuple[int, int]:
    """A child's pid, and where it says a dot when it begins and its result when it ends."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    code = 1
    try:
        os.close(reading)
        # LiteRT announces itself there; what matters comes through the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.write(writing, b".")
        os.write(writing, work().encode())
        code = 0
    except BaseException:  # noqa: BLE001 - the outermost edge of the child, which tells its parent
        os.write(writing, traceback.format_exc().encode()[-4_000:])
    finally:
        os._exit(code)
