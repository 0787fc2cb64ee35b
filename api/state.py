"""What all requests share: made once, hung on the application."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from api.workers import Workers
from inference.classifier import Classifier
from inference.settings import Settings


@dataclass(frozen=True, slots=True)
class State:
    """The settings, the classifier that they describe, and the threads that it runs on."""

    settings: Settings
    classifier: Classifier
    workers: Workers = field(default_factory=Workers)


def _state(request: Request) -> State:
    state: State = request.app.state.microlens
    return state


Shared = Annotated[State, Depends(_state)]
