"""Work that a write of somebody else may undo: done again, a little later, and within bounds."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from random import uniform
from typing import Final, TypeVar

from inference.errors import StoreConflict

log = logging.getLogger(__name__)

Result = TypeVar("Result")

ROUNDS: Final = 10
"""How often the work is begun. Of several who write at once one gets through each time, so whoever
loses so often meets another writer each time, or writes against somebody who never stops."""

_FIRST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 0.5


def persist(work: Callable[[], Result], what: str, patience: timedelta) -> Result:
    """`work()`, done again for as long as it ends in a `StoreConflict`.

    The pauses between are of a random length that grows, at most 3 seconds together, so that those
    who lost at once do not meet again. No round begins after `patience`. Raises `StoreConflict`
    when no round was left, which is worth another try later, and whatever else `work` raises.
    """
    over = time.monotonic() + patience.total_seconds()
    last: StoreConflict | None = None
    for number in range(ROUNDS):
        if number:
            longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**number)
            time.sleep(uniform(0, longest))  # noqa: S311 - chance, no secret
            if time.monotonic() > over:
                break
        try:
            return work()
        except StoreConflict as exc:
            # Files, status or stage were written by somebody else meanwhile: look again.
            log.info("%s: %s", what, exc)
            last = exc
    raise StoreConflict(
        f"{what} was written by others again and again, the last time: {last}; try again later"
    ) from last
