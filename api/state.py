"""What all requests share: made once, hung on the application."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from api.workers import Workers
from inference.classifier import Classifier
from inference.model import Model
from inference.settings import Settings


@dataclass(frozen=True, slots=True)
class State:
    """The settings, the classifier that they describe, and the threads that it runs on."""

    settings: Settings
    classifier: Classifier
    workers: Workers = field(default_factory=Workers)

    async def model(self) -> Model:
        """The model to answer with; only loading the first one is worth a thread."""
        serving = self.classifier.serving
        if serving.has_model:
            return serving.current()
        return await self.workers.compute(serving.current)


def _state(request: Request) -> State:
    state: State = request.app.state.microlens
    return state


Shared = Annotated[State, Depends(_state)]
