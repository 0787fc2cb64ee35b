"""The same use case as the events', with the cores of this machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import BoundedSemaphore

from api.ingest.finishing import Finisher
from api.ingest.ingest import Ingest
from inference.answers import Answer
from inference.classifier import Classifier, Query
from inference.cores import cores
from inference.errors import ModelNotReady, SettingsError
from inference.model import Model
from inference.settings import Settings
from inference.sources import Fetched
from inference.stores import open_store

# A picture waits for S3 many times longer than it computes, so for each core several are on
# their way. The client has 32 connections; the list and the look at the model take one each.
_PER_CORE = 8
_MOST = 30


def at_once() -> int:
    """How many pictures are on their way at once."""
    return min(_MOST, _PER_CORE * cores())


@dataclass(frozen=True, slots=True)
class CoreBound(Classifier):
    """A classifier that decodes no more pictures at once than there are cores.

    So any number of threads may wait for S3 with a picture's file, and few hold its pixels.
    """

    gate: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(cores()))

    def classify(self, picture: Fetched, query: Query, model: Model | None = None) -> Answer:
        """As `Classifier.classify` does, when a core is free."""
        with self.gate:
            return Classifier.classify(self, picture, query, model)


def open_ingest(settings: Settings) -> Ingest:
    """The use case with a model that is loaded.

    Raises `SettingsError` without a place for results, `ModelNotReady` without a model.
    """
    if settings.results is None:
        raise SettingsError(
            "nothing says where results are written: set MICROLENS_RESULTS, or give --results"
        )
    results = open_store(settings.results)
    classifier = CoreBound.of(settings)
    try:
        classifier.serving.current()
    except ModelNotReady as exc:
        failure = classifier.serving.history.last_failure
        reason = failure.reason if failure else None
        raise ModelNotReady(f"{settings.model}: {reason}" if reason else str(exc)) from exc
    return Ingest(Finisher(classifier, results))
