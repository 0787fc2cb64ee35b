"""`GET /model`, `/livez`, `/readyz`: what is served, and whether it is."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.conditional import conditional
from api.problems import problem_responses
from api.state import Shared
from inference.answers import ModelIdentity
from inference.errors import ModelNotReady
from inference.history import Swap

router = APIRouter()


class SwapReport(BaseModel):
    """A model that took over, or one that could not."""

    at: str = Field(description="when, UTC, ISO 8601")
    release: str | None = Field(description="the release, where it is known")
    reason: str | None = Field(default=None, description="why it failed")
    settled_at: str | None = Field(
        default=None, description="when a failure was over, UTC, ISO 8601; null while it stands"
    )


class ModelReport(BaseModel):
    """The model that answers now, and what became of the last ones."""

    model: ModelIdentity | None = Field(description="null until a model has been loaded")
    manifest: dict[str, Any] | None = Field(description="the bundle's model.json")
    labels: int = Field(description="how many classes it knows")
    last_swap: SwapReport | None = Field(description="when the model that answers took over")
    last_failed_swap: SwapReport | None = Field(description="the last one that was refused")
    waiting_for: str | None = Field(description="what another model lacks before it is taken")
    swaps: int = Field(description="how many models this process has loaded")
    failed_swaps: int = Field(description="how many it refused; the one before went on answering")


class Health(BaseModel):
    """A sign of life."""

    status: str = Field(examples=["ok"])


@router.get("/model", tags=["model"], summary="The model that answers")
async def model(state: Shared) -> ModelReport:
    """The manifest, the release and the stage, the last swap and the last that failed."""
    history = state.classifier.serving.history
    try:
        current = await state.model()
    except ModelNotReady:
        current = None
    return ModelReport(
        model=current.identity if current else None,
        manifest=current.bundle.manifest.model_dump(exclude_none=True) if current else None,
        labels=len(current.labels) if current else 0,
        last_swap=_report(history.last_swap),
        last_failed_swap=_report(history.last_failure),
        waiting_for=history.waiting_for,
        swaps=history.swaps,
        failed_swaps=history.failed_swaps,
    )


@router.get(
    "/model/labels",
    tags=["model"],
    summary="The classes that it knows",
    response_model=list[str],
    responses={
        304: {"description": "The labels of the release named in If-None-Match"},
        **problem_responses(503),
    },
)
async def labels(request: Request, state: Shared) -> Response:
    """The labels, in the order of the model's output; the release is their entity tag."""
    current = await state.model()
    content = json.dumps(current.labels, ensure_ascii=False).encode()
    return conditional(request, content, "application/json", f'"{current.identity.release}"')


@router.get("/livez", tags=["model"], summary="Whether the process runs")
async def livez() -> Health:
    """Always `ok` from a process that answers at all."""
    return Health(status="ok")


@router.get(
    "/readyz",
    tags=["model"],
    summary="Whether a model answers",
    responses=problem_responses(503),
)
async def readyz(state: Shared) -> Health:
    """`ok` once a model has been loaded, 503 until then."""
    await state.model()
    return Health(status="ok")


def _report(swap: Swap | None) -> SwapReport | None:
    if swap is None:
        return None
    return SwapReport(
        at=swap.at.isoformat(timespec="seconds"),
        release=swap.release,
        reason=swap.reason,
        settled_at=swap.settled.isoformat(timespec="seconds") if swap.settled else None,
    )
