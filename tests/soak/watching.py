"""What a process holds: memory, descriptors, threads; sampled while it works. Linux."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

SECONDS = 1.0
"""Between two looks."""
REST_LOOKS, REST_SECONDS = 3, 30
"""So many looks in a row that find the same are rest, which is waited for so long."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds at a moment; `files` are open descriptors that are no sockets."""

    rss_bytes: int
    files: int
    sockets: int
    threads: int


def held_by(pid: int) -> Held:
    """What the process holds now."""
    status = dict(
        line.split(":", 1)
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        if ":" in line
    )
    links = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.append(str(link.readlink()))
        except OSError:
            continue  # it was closed while we looked
    sockets = sum(link.startswith("socket:") for link in links)
    return Held(
        rss_bytes=int(status["VmRSS"].split()[0]) * 1024,
        files=len(links) - sockets,
        sockets=sockets,
        threads=int(status["Threads"]),
    )


def at_rest(pid: int) -> Held:
    """What the process holds once nobody asks any more; connections take a moment to close."""
    pause, looks = threading.Event(), [held_by(pid)]
    for _ in range(int(REST_SECONDS / SECONDS)):
        pause.wait(SECONDS)
        looks.append(held_by(pid))
        if len({(each.files, each.sockets, each.threads) for each in looks[-REST_LOOKS:]}) == 1:
            break
    return looks[-1]


@dataclass
class Course:
    """Memory over time, in seconds from the start of the watch and bytes."""

    seconds: list[float] = field(default_factory=list)
    rss_bytes: list[int] = field(default_factory=list)


@contextmanager
def watched(pid: int) -> Iterator[Course]:
    """The memory of a process, each second while the block lasts."""
    course, over, start = Course(), threading.Event(), monotonic()

    def look() -> None:
        while not over.wait(SECONDS):
            held = held_by(pid)
            course.seconds.append(monotonic() - start)
            course.rss_bytes.append(held.rss_bytes)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield course
    finally:
        over.set()
        thread.join()
