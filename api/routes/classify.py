"""`POST /classify`: pictures in, labels out."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from api.parameters import no_stray_parameters
from api.problems import Problem, problem_responses, reported
from api.receive import receive_pictures
from api.state import Shared
from inference.answers import Answer
from inference.classifier import Query as Wanted
from inference.errors import MicrolensError

router = APIRouter()


class Answers(BaseModel):
    """The answers to several pictures in the order sent; a bad one is a problem in its place."""

    results: list[Answer | Problem]


@router.post(
    "/classify",
    tags=["classify"],
    summary="Say what pictures show",
    response_model=Answer | Answers,
    responses=problem_responses(400, 403, 404, 413, 415, 422, 500, 502, 503),
    dependencies=[Depends(no_stray_parameters)],
)
async def classify(
    request: Request,
    state: Shared,
    top_k: Annotated[int, Query(ge=1, le=1_000, description="how many answers")] = 5,
    min_score: Annotated[
        float, Query(ge=0, le=1, allow_inf_nan=False, description="answers below are left out")
    ] = 0.0,
) -> Response:
    """One picture gives an object; several give `{"results": […]}` in the order sent."""
    items = await receive_pictures(request, state.settings)
    model = await state.model()
    answer = partial(state.answer, wanted=Wanted(top_k, min_score), model=model)
    if len(items) == 1:
        return _json((await answer(items[0])).model_dump_json())
    answers = await asyncio.gather(*map(answer, items), return_exceptions=True)
    return _json(f'{{"results":[{",".join(map(_result, answers))}]}}')


def _result(answer: Answer | BaseException) -> str:
    """One of several answers as JSON; only what was expected may go wrong."""
    if isinstance(answer, Answer):
        return answer.model_dump_json()
    if not isinstance(answer, MicrolensError):
        raise answer
    return Problem.model_validate(reported(answer)).model_dump_json()


def _json(document: str) -> Response:
    return Response(document, media_type="application/json")
