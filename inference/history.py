"""What became of the models that were to be served: which took over, which failed, and why."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from inference.errors import ModelError, SourceUnavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swap:
    """A model that took over, or failed to, and when.

    `settled` is when a failure was over: what its place holds was served, or the place answered.
    None while it stands.
    """

    at: datetime
    release: str | None
    reason: str | None = None
    settled: datetime | None = None


class History:
    """Told by the one thread that loads models, read by all others.

    A failure that repeats itself is counted, logged and dated once.
    """

    def __init__(self, place: str) -> None:
        self._place = place
        self._refusal: Swap | None = None
        self._outage: Swap | None = None
        self.last_swap: Swap | None = None
        self.waiting_for: str | None = None
        self.swaps = 0
        self.failed_swaps = 0
        self.failed_looks = 0

    @property
    def last_failure(self) -> Swap | None:
        """The failure that stands, of the model rather than of its place; else the last one."""
        known = [each for each in (self._outage, self._refusal) if each]
        standing = [each for each in known if each.settled is None]
        return standing[-1] if standing else max(known, key=lambda each: each.at, default=None)

    def swapped(self, name: str, release: str) -> None:
        """A model took over."""
        self.last_swap = Swap(datetime.now(UTC), release)
        self.swaps += 1
        log.info("model %s loaded, release %s", name, release[:12])

    def failed(self, release: str | None, exc: Exception) -> None:
        """A model could not be loaded, or its place could not be looked at."""
        unavailable = isinstance(exc, SourceUnavailable)
        self.failed_looks += unavailable
        reason = _public_reason(exc)
        last = self._outage if unavailable else self._refusal
        if last and last.settled is None and (last.release, last.reason) == (release, reason):
            return
        failure = Swap(datetime.now(UTC), release, reason)
        if unavailable:
            self._outage = failure
        else:
            self.answered()
            self._refusal = failure
            self.failed_swaps += 1
            self.waiting_for = None
        still = "the model before goes on answering" if self.last_swap else "no model is loaded"
        unexpected = not isinstance(exc, ModelError | SourceUnavailable)
        what = f"{self._place}, release {release[:12]}" if release else self._place
        log.error("%s; %s: %s", still, what, exc, exc_info=exc if unexpected else None)

    def waits(self, reason: str) -> None:
        """There are files of another model, which may become a whole one."""
        if reason != self.waiting_for:
            log.info("%s: %s", self._place, reason)
        self.waiting_for = reason
        self.answered()

    def waits_no_more(self) -> None:
        """The files are again what they were."""
        self.waiting_for = None

    def answered(self) -> None:
        """The place of the model answered all that it was asked."""
        self._outage = _over(self._outage)

    def settled(self) -> None:
        """What is served is what its place holds."""
        self._outage, self._refusal = _over(self._outage), _over(self._refusal)
        self.waiting_for = None


def _over(failure: Swap | None) -> Swap | None:
    """The same failure, settled now unless it was before."""
    if failure is None or failure.settled:
        return failure
    return replace(failure, settled=datetime.now(UTC))


def _public_reason(exc: Exception) -> str:
    """What `GET /model` may say: a fault of the model, and none of the storage or of ours."""
    if isinstance(exc, ModelError):
        return str(exc)
    if isinstance(exc, SourceUnavailable):
        return "the model's storage did not answer"
    return f"the model cannot be loaded: {type(exc).__name__}, see the log"
