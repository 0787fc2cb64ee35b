"""The HTTP application: `uvicorn api.app:app`.

Making it reads the settings and nothing else; the model is loaded when the server starts, or
by the first request where no server says that it starts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI

from api import gates, problems
from api.ingest.uploads import Uploads
from api.protocols import dispatch
from api.routes import classify, docs, metrics, model, page, uploads
from api.state import State
from api.telemetry import requests
from api.workers import Workers
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
        # FastAPI's own pages load their scripts from another host; ours is api/routes/docs.py.
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.openapi = cache(partial(_describe, app, settings))  # type: ignore[method-assign]  # FastAPI's way
    workers = Workers()
    classifier = Classifier.of(settings, workers.in_turn)
    state = State(settings, classifier, Uploads(settings, classifier), workers)
    app.state.microlens = state
    for route in (classify, uploads, model, page, docs, metrics):
        app.include_router(route.router)
    # From the innermost layer to the outermost, which is the first in a request's way.
    problems.install(app)
    gates.install(app, settings)
    dispatch.install(app, settings.protocols)
    gates.install_outermost(app, settings)
    requests.install(app, state.counts, as_json=settings.log_format == "json")
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state: State = app.state.microlens
    await state.workers.compute(state.classifier.serving.start)
    yield
    state.workers.close()


def _describe(app: FastAPI, settings: Settings) -> dict[str, Any]:
    """The OpenAPI document; what makes it is imported by whoever asks for it first."""
    from api.openapi import describe

    return describe(app, settings)


def _version() -> str:
    """The version, of an install or of a package; 0 where there are the modules and no more."""
    try:
        return version("microlens")
    except PackageNotFoundError:
        return "0"


app = create_app(read_settings())
