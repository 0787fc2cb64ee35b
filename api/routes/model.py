"""`GET /model`, `/livez`, `/readyz`: what is served, and whether it is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

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


class ModelReport(BaseModel):
    """The model that answers now, and what became of the last ones."""

    model: ModelIdentity | None = Field(description="null until a model has been loaded")
    manifest: dict[str, Any] | None = Field(description="the bundle's model.json")
    labels: int = Field(description="how many classes it knows")
    last_swap: SwapReport | None
    last_failed_swap: SwapReport | None
    waiting_for: str | None = Field(description="what another model lacks before it is taken")
    swaps: int = Field(description="how many models this process has loaded")
    failed_swaps: int = Field(description="how many it refused; the one before went on answering")


class Health(BaseModel):
    """A sign of life."""

    status: str = Field(examples=["ok"])


@router.get("/model", summary="The model that answers")
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


@router.get("/livez", summary="Whether the process runs")
async def livez() -> Health:
    """Always `ok` from a process that answers at all."""
    return Health(status="ok")


@router.get("/readyz", summary="Whether a model answers", responses=problem_responses(503))
async def readyz(state: Shared) -> Health:
    """`ok` once a model has been loaded, 503 until then."""
    await state.model()
    return Health(status="ok")


def _report(swap: Swap | None) -> SwapReport | None:
    if swap is None:
        return None
    return SwapReport(
        at=swap.at.isoformat(timespec="seconds"), release=swap.release, reason=swap.reason
    )
