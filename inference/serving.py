"""The model being served: loaded, verified, handed to requests, and replaced by the next.

Nothing here waits for time to pass. A request that finds a look due lets it be done beside
itself and is answered by the model that is there; whoever comes after the swap gets the new
one. On Lambda, where nothing runs between requests, that is the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Thread
from time import monotonic

from inference.due import Due
from inference.errors import (
    BundleDamaged,
    ModelIncomplete,
    ModelNotReady,
    SourceUnavailable,
    StoreConflict,
)
from inference.golden import InTurn, at_once, verify
from inference.history import History
from inference.memory import give_back, keep_together
from inference.model import Model
from inference.references import Reference, Sighting

log = logging.getLogger(__name__)

# At a start one picture proves that the model runs here; all of them proved it when published.
PICTURES_AT_START = 1

TRIES = 3
"""So often a release is read whose files differ from their digests."""


def beside(work: Callable[[], None]) -> None:
    """Do `work` in a thread of its own; to abandon it when the process ends harms nothing.

    Where the system refuses a thread it is left for the next time.
    """
    try:
        Thread(target=work, name="refresh", daemon=True).start()
    except RuntimeError as exc:
        log.warning("the model is not looked at this time: %s", exc)


class Serving:
    """Holds the current model and follows its reference. Safe to use from several threads.

    At most once in `refresh_seconds` the reference is looked at, when a request, a probe or
    `GET /model` asks for the model. `clock` gives seconds, from any start; `in_turn` lets a later
    model's golden pictures wait among those of the requests.
    """

    def __init__(
        self,
        reference: Reference,
        refresh_seconds: float,
        clock: Callable[[], float] = monotonic,
        background: Callable[[Callable[[], None]], None] = beside,
        in_turn: InTurn = at_once,
    ) -> None:
        self._reference = reference
        self._next_look = Due(refresh_seconds, clock)
        self._background = background
        self._in_turn = in_turn
        self._at_work = Lock()  # who looks now; held while a model is loaded
        self._model: Model | None = None
        self._dealt_with: Sighting | None = None
        self._seen_last: Sighting | None = None
        self._tries = 0
        self.history = History(str(reference))

    @property
    def has_model(self) -> bool:
        """Whether a model was loaded, so that `current` waits for nothing."""
        return self._model is not None

    def current(self) -> Model:
        """The model to answer with; a request keeps it from its start to its end.

        Waits for nothing once there is a model. Raises `ModelNotReady` while there is none.
        """
        if self._model is None:
            return self._first()
        if self._next_look.claim():
            self._background(self.refresh)
        return self._model

    def start(self) -> None:
        """Load the model now; a failure is logged and seen by `current`, never raised."""
        with suppress(ModelNotReady):
            self.current()

    def refresh(self) -> None:
        """Look at the reference, due or not, and follow it; whatever happens, nothing is raised.

        Does nothing while another thread is at it.
        """
        if self._at_work.acquire(blocking=False):
            try:
                self._follow()
            finally:
                self._at_work.release()

    def _first(self) -> Model:
        """The first model: requests wait until one of them has tried to load it."""
        with self._at_work:
            if self._model is None and self._next_look.claim():
                keep_together()
                self._follow()
        if self._model is None:
            raise ModelNotReady(
                f"no usable model at {self._reference}: see the log or GET /model",
                self._next_look.seconds_left(),
            )
        return self._model

    def _follow(self) -> None:
        """Look → load → verify against the golden answers → swap → drop the old."""
        sighting = release = None
        try:
            sighting = self._reference.look(self._dealt_with)
            if sighting is None:
                self.history.answered()
                self._rests()
                return
            if self._is_moving(sighting):
                return
            bundle = sighting.open()
            release = bundle.release
            if self._model is None or self._model.identity.release != release:
                model = Model(bundle, self._reference.stage, alone=self._model is None)
                self._verify(model)
                self._swap_in(model)
            self.history.settled()
        except Exception as exc:  # noqa: BLE001 - a loader's library may raise anything at all
            if not self._is_final(exc, release, sighting):
                return
        finally:
            if sighting:
                sighting.files.clear()
        self._dealt_with = sighting

    def _verify(self, model: Model) -> None:
        """A later model is made ready beside requests, which need the cores."""
        if self._model is None:
            verify(model, PICTURES_AT_START, alone=True)
        else:
            verify(model, in_turn=self._in_turn)

    def _is_moving(self, sighting: Sighting) -> bool:
        """Whether files that are replaced one by one may still be being replaced.

        Files of two models can fit together. What replaces a model is taken when two looks in a
        row have found the same; what there is at a start is taken as it is.
        """
        again = sighting == self._seen_last
        self._tries = self._tries + 1 if again else 1
        self._seen_last = sighting
        moving = sighting.in_place and self._model is not None and not again
        if moving:
            self.history.waits("the files have changed; they are taken when they have come to rest")
        return moving

    def _rests(self) -> None:
        """What was being replaced has become again what it was."""
        if self._seen_last != self._dealt_with:
            self._seen_last = self._dealt_with
            self.history.waits_no_more()

    def _swap_in(self, model: Model) -> None:
        """From here on requests get `model`; the old one is freed by the last that holds it."""
        old, self._model = self._model, model
        self.history.swapped(model.identity.name, model.identity.release)
        model.bundle.keep_only(*([old.bundle] if old else []))
        if old:
            has_cycles = old.bundle.manifest.loader == "tensorflow"
            del old
            give_back(has_cycles=has_cycles)

    def _is_final(self, exc: Exception, release: str | None, sighting: Sighting | None) -> bool:
        """Tell what went wrong; whether what was seen is left alone until it changes."""
        match exc:
            case StoreConflict():
                self.history.waits("the files were replaced while they were read")
                return False
            case ModelIncomplete():
                self.history.waits(str(exc))
                return True
        self.history.failed(release, exc)
        match exc:
            case SourceUnavailable():
                return False
            case BundleDamaged():
                # Bytes may be spoilt on their way. Where files are replaced in place, those
                # that the manifest lists may still be coming.
                in_place = sighting is not None and sighting.in_place
                return self._tries >= TRIES and not in_place
        return True
