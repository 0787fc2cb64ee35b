"""`POST /classify`: pictures in, labels out."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from api.bodies import Item, Link, Refused
from api.bodies.json import PicturesAsJson
from api.errors import problem
from api.problems import Problem, problem_responses
from api.receive import receive_pictures
from api.state import Shared, State
from inference.answers import Answer
from inference.classifier import Query as Wanted
from inference.errors import MicrolensError
from inference.model import Model
from inference.sources import Fetched

router = APIRouter()


class Answers(BaseModel):
    """The answers to several pictures in the order sent; a bad one is a problem in its place."""

    results: list[Answer | Problem]


_BINARY = {"type": "string", "format": "binary"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "One picture or several, sent or named by their S3 address.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "image": {"type": "array", "items": _BINARY, "description": "files"},
                        "url": {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "s3://bucket/key[?versionId=…] or https address in S3",
                        },
                    },
                }
            },
            "image/*": {"schema": _BINARY},
            "application/octet-stream": {"schema": _BINARY},
            "application/json": {"schema": PicturesAsJson.model_json_schema()},
        },
    }
}


@router.post(
    "/classify",
    summary="Say what pictures show",
    response_model=Answer | Answers,
    responses=problem_responses(400, 403, 404, 413, 415, 422, 500, 502, 503),
    openapi_extra=_BODY,
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
    answer = partial(_answer, state, model, Wanted(top_k, min_score))
    if len(items) == 1:
        return _json((await answer(items[0])).model_dump_json())
    answers = await asyncio.gather(*map(answer, items), return_exceptions=True)
    return _json(f'{{"results":[{",".join(map(_result, answers))}]}}')


async def _answer(state: State, model: Model, wanted: Wanted, item: Item) -> Answer:
    """The answer to one picture; raises what is wrong with it."""
    if isinstance(item, Refused):
        raise item.error
    if isinstance(item, Link):
        fetch = partial(state.classifier.sources.fetch, item.url)
        picture = await state.workers.fetch(fetch)
    else:
        picture = Fetched(item.data, "upload")
    return await state.workers.compute(partial(state.classifier.classify, picture, wanted, model))


def _result(answer: Answer | BaseException) -> str:
    """One of several answers as JSON; only what was expected may go wrong."""
    if isinstance(answer, Answer):
        return answer.model_dump_json()
    if not isinstance(answer, MicrolensError):
        raise answer
    return Problem.model_validate(problem(answer)).model_dump_json()


def _json(document: str) -> Response:
    return Response(document, media_type="application/json")
