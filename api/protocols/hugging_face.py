"""Hugging Face's image classification, as `huggingface_hub.InferenceClient` asks for it.

The picture is the body, or base64 in JSON when there are parameters; the answer is a list of
label and score, best first.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Request, Response
from pydantic import ConfigDict, Field, model_validator

from api.bodies import Item, raw
from api.bodies.json import from_base64
from api.protocols import Refusal, error_response, json_response, path_of
from api.protocols.documents import Words, parse_as, read_whole
from api.protocols.names import check_model
from api.state import State
from inference.classifier import Query
from inference.errors import BadRequest
from inference.model import Model

TOP_K = 5

_MOST_PARAMETERS = 100
"""Each that is not known costs a kilobyte to say so."""


class Parameters(Words):
    """What may be asked besides the picture; anything else is refused, not passed over."""

    model_config = ConfigDict(extra="forbid")

    top_k: Annotated[int, Field(ge=1, le=1_000)] | None = None
    function_to_apply: Literal["sigmoid", "softmax", "none"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _names_few(cls, said: object) -> object:
        if isinstance(said, dict) and len(said) > _MOST_PARAMETERS:
            raise ValueError(f"{len(said):,} members; at most {_MOST_PARAMETERS} are read")
        return said


class Question(Words):
    """The body when it is JSON."""

    inputs: str
    parameters: Parameters | None = None


async def answer(request: Request, state: State) -> Response:
    """`[{"label": …, "score": …}, …]`."""
    body = await read_whole(request, state.settings)
    model = await state.model()
    path = path_of(request.scope)
    if path != "/":
        check_model(model, path.partition("/models/")[2])
    item, parameters = _read(body, request.headers.get("content-type", ""))
    _check_function(parameters.function_to_apply, model)
    found = await state.answer(item, Query(parameters.top_k or TOP_K), model)
    return json_response([{"label": p.label, "score": p.score} for p in found.predictions])


def refuse(refusal: Refusal) -> Response:
    """`{"error": "…"}`."""
    return error_response(refusal)


def _read(body: bytes, content_type: str) -> tuple[Item, Parameters]:
    """The picture, whatever its type is said to be, unless that is JSON."""
    if not content_type.partition(";")[0].strip().lower().endswith("json"):
        return raw.parse(body, content_type, 1)[0], Parameters()
    question = parse_as(Question, body)
    return from_base64(question.inputs), question.parameters or Parameters()


def _check_function(wanted: str | None, model: Model) -> None:
    """Scores come from the function that the model was made with; no other can be had."""
    activation = model.bundle.manifest.output.activation
    applied = "softmax" if activation == "none" else activation
    if wanted not in (None, applied):
        raise BadRequest(
            f"function_to_apply={wanted!r} cannot be had: the scores of {model.identity.name!r} "
            f"come from {applied}; leave it out, or ask for that"
        )
