"""A disk without room, in words that help."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""The disk is full, or this user's share of it; or a file is as long as one may be."""


def has_no_room(exc: OSError) -> bool:
    """Whether something could not be written because there was no room for it."""
    return exc.errno in _NO_ROOM


def reason(exc: OSError) -> str:
    """Why it failed, in the system's words, and what to do where room is what lacks."""
    words = exc.strerror or type(exc).__name__
    if has_no_room(exc):
        return f"{words}; make room there and try again, nothing half was left"
    return words


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Let an OSError say that it was about `path`: to open a file says so, to write to it not."""
    try:
        yield
    except OSError as exc:
        if exc.filename is None and exc.errno is not None:
            exc.filename = str(path)
        raise
