"""The HTTP application: `uvicorn api.app:app`.

Making it reads the settings and nothing else; the model is loaded when the server starts, or
by the first request where no server says that it starts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI

from api import problems
from api.routes import classify, model, page
from api.state import State
from inference.classifier import Classifier
from inference.logs import configure_logs
from inference.settings import Settings, read_settings


def create_app(settings: Settings) -> FastAPI:
    """The application that `settings` describe."""
    configure_logs(settings)
    app = FastAPI(
        title="Microlens",
        summary="Says what pictures show.",
        version=_version(),
        lifespan=_lifespan,
        separate_input_output_schemas=False,
        # A redirect would lose the body, a gateway's stage, and the one shape of errors.
        redirect_slashes=False,
    )
    app.state.microlens = State(settings, Classifier.of(settings))
    for route in (classify, model, page):
        app.include_router(route.router)
    problems.install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state: State = app.state.microlens
    await state.workers.compute(state.classifier.serving.start)
    yield
    state.workers.close()


def _version() -> str:
    """The installed version; a deployed zip has the modules and not their metadata."""
    try:
        return version("microlens")
    except PackageNotFoundError:
        return "0"


app = create_app(read_settings())
