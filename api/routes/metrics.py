"""`GET /metrics`: what was counted, for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.errors import RouteNotFound
from api.state import Shared
from inference.errors import ModelNotReady

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
async def metrics(request: Request, state: Shared) -> Response:
    """The counts of this process since its start; 404 on Lambda, where each has many."""
    if "aws.context" in request.scope:
        raise RouteNotFound(
            "there is nothing to read here on Lambda, where every request may meet another "
            "process: the same figures are in CloudWatch, namespace Microlens"
        )
    from api.telemetry import prometheus

    try:
        identity = (await state.model()).identity
    except ModelNotReady:
        identity = None
    state.counts.follow(state.classifier.serving.history)
    return Response(
        prometheus.text(state.counts, identity), headers={"content-type": prometheus.MEDIA_TYPE}
    )
