"""The model being served: loaded, verified, then handed to requests."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from time import monotonic

from inference.errors import ModelError, ModelNotReady, SourceUnavailable
from inference.golden import verify
from inference.model import Model
from inference.references import Reference

log = logging.getLogger(__name__)

# At a start one picture proves that the model runs here; all of them proved it when published.
PICTURES_AT_START = 1


@dataclass(frozen=True, slots=True)
class Swap:
    """A model that took over, or failed to, and when."""

    at: datetime
    release: str | None
    reason: str | None = None


class Serving:
    """Holds the current model. Safe to use from several threads.

    A model that cannot be loaded is tried again when somebody asks, at most once in
    `retry_seconds`; meanwhile `current` raises `ModelNotReady`.
    """

    def __init__(
        self, reference: Reference, retry_seconds: float, clock: Callable[[], float] = monotonic
    ) -> None:
        self._reference = reference
        self._retry_seconds = retry_seconds
        self._clock = clock
        self._lock = Lock()
        self._model: Model | None = None
        self._tried_at: float | None = None
        self.last_swap: Swap | None = None
        self.last_failure: Swap | None = None

    def current(self) -> Model:
        """The model to answer with; a request keeps it from its start to its end."""
        return self._model or self._load()

    def start(self) -> None:
        """Load the model now; a failure is logged and seen by `current`, never raised."""
        try:
            self.current()
        except ModelNotReady:
            pass

    def _load(self) -> Model:
        with self._lock:
            if self._model is None and self._is_due():
                self._tried_at = self._clock()
                self._swap_in()
        if self._model is None:
            raise ModelNotReady(f"no usable model at {self._reference}: see the log or GET /model")
        return self._model

    def _is_due(self) -> bool:
        return self._tried_at is None or self._clock() - self._tried_at >= self._retry_seconds

    def _swap_in(self) -> None:
        """Load → verify against the golden answers → swap."""
        now = datetime.now(UTC)
        try:
            model = Model(self._reference.bundle(), self._reference.stage)
            verify(model, PICTURES_AT_START)
        except (ModelError, SourceUnavailable) as exc:
            self.last_failure = Swap(now, None, _public_reason(exc))
            log.error("no model loaded from %s: %s", self._reference, exc)
            return
        self._model = model
        self.last_swap = Swap(now, model.identity.release)
        log.info("model %s loaded, release %s", model.identity.name, model.identity.release[:12])


def _public_reason(exc: ModelError | SourceUnavailable) -> str:
    """What `GET /model` may say: a fault of the model is told, one of the storage is not."""
    return str(exc) if isinstance(exc, ModelError) else "the model's storage did not answer"
