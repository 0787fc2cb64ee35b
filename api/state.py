"""What all requests share: made once, hung on the application."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Annotated

from fastapi import Depends, Request

from api.bodies import Item, Link, Refused
from api.ingest.uploads import Uploads
from api.telemetry.note import current
from api.workers import Workers
from inference.answers import Answer
from inference.classifier import Classifier, Query
from inference.errors import MicrolensError
from inference.metrics import CLASSIFY, Counts
from inference.model import Model
from inference.settings import Settings
from inference.sources import Fetched


@dataclass(frozen=True, slots=True)
class State:
    """The settings, what they describe, and the threads that it runs on."""

    settings: Settings
    classifier: Classifier
    uploads: Uploads
    workers: Workers
    counts: Counts = field(default_factory=lambda: Counts(CLASSIFY))

    async def model(self) -> Model:
        """The model to answer with; only loading the first one is worth a thread."""
        serving = self.classifier.serving
        if serving.has_model:
            return serving.current()
        return await self.workers.compute(serving.current)

    async def answer(self, item: Item, wanted: Query, model: Model) -> Answer:
        """What `model` says about one picture of a request; raises what is wrong with it."""
        note = current()
        try:
            answer, size = await self._answer(item, wanted, model)
        except MicrolensError as exc:
            if note:
                note.failed(exc)
            raise
        if note:
            note.answered(answer, size)
        return answer

    async def _answer(self, item: Item, wanted: Query, model: Model) -> tuple[Answer, int]:
        """The answer, and the size of the picture's file in bytes."""
        if isinstance(item, Refused):
            raise item.error
        if isinstance(item, Link):
            fetch = partial(self.classifier.sources.fetch, item.url)
            picture = await self.workers.fetch(fetch)
        else:
            picture = Fetched(item.data, "upload")
        work = partial(self.classifier.classify, picture, wanted, model)
        return await self.workers.compute(work), len(picture.data)


async def _state(request: Request) -> State:
    # Not a plain function: FastAPI would run that in a thread, at the cost of a millisecond.
    state: State = request.app.state.microlens
    return state


Shared = Annotated[State, Depends(_state)]
