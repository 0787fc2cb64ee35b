"""`POST /uploads` and `GET /results/{id}`: pictures too large for a request."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from api.errors import PROBLEM_JSON, TABLE, RouteNotFound, document
from api.events.settling import Verdict
from api.ingest.uploads import Waiting
from api.problems import Problem, problem_responses
from api.state import Shared, State
from api.telemetry.note import current
from inference.answers import Answer
from inference.errors import MicrolensError

router = APIRouter()

_RETRY_SECONDS = "1"
_ROW = TABLE[RouteNotFound]

_TO_RESULT = {"result": {"operationId": "result", "parameters": {"id": "$response.body#/id"}}}


def _not_found(example: str) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: that there is nothing at this address, and why."""
    schema = {"$ref": "#/components/schemas/Problem"}
    examples = {_ROW.code: {"value": document(_ROW, example)}}
    content = {PROBLEM_JSON: {"schema": schema, "examples": examples}}
    return {404: {"description": f"`{_ROW.code}`: {_ROW.title}", "content": content}}


class UploadForm(BaseModel):
    """A form for one picture: POST `fields`, then the file as the field `file`, to `url`."""

    id: str = Field(description="cannot be guessed; who has it may read the result")
    url: str = Field(description="where the form is sent, in S3")
    fields: dict[str, str] = Field(description="sent before the file, as they are")
    max_bytes: int = Field(description="the largest picture that S3 takes with this form")
    expires_in: int = Field(description="how long the form may be used, in seconds")
    result: str = Field(description="where the answer will be", examples=["/results/65f0…-Zk3…"])


class Pending(BaseModel):
    """No answer yet."""

    status: str = Field(examples=["pending"])
    detail: str = Field(description="what is still missing")


@router.post(
    "/uploads",
    status_code=201,
    tags=["classify"],
    summary="Get a form for a large picture",
    responses={
        201: {
            "description": "The form, and where its answer will be",
            "headers": {"Location": {"required": True, "schema": {"type": "string"}}},
            "links": _TO_RESULT,
        },
        **problem_responses(500, 502),
        **_not_found("uploads are not switched on: whoever runs this service sets …"),
    },
)
async def upload(state: Shared, response: Response) -> UploadForm:
    """The picture goes to S3 and past every limit of gateways; its answer is at `result`."""
    form = await state.workers.fetch(state.uploads.form)
    result = f"/results/{form.id}"
    response.headers["location"] = result
    response.headers["cache-control"] = "no-store"
    return UploadForm(
        id=form.id,
        url=form.url,
        fields=dict(form.fields),
        max_bytes=form.max_bytes,
        expires_in=form.expires_in,
        result=result,
    )


@router.get(
    "/results/{id}",
    tags=["classify"],
    summary="The answer to an uploaded picture",
    response_model=Answer,
    responses={
        202: {
            "model": Pending,
            "description": "Not there yet: ask again after `Retry-After`",
            "headers": {"Retry-After": {"required": True, "schema": {"type": "integer"}}},
        },
        **problem_responses(413, 415, 422, 500, 502, 503),
        **_not_found("that is no id of a result; POST /uploads gives one"),
    },
)
async def result(
    state: Shared,
    id: Annotated[str, Path(description="what `POST /uploads` gave")],  # noqa: A002 - the contract's word
) -> Response:
    """What `POST /classify` would have answered, its status included; 202 until it is known."""
    uploads = state.uploads
    found = await state.workers.fetch(partial(uploads.stored, id))
    if found is None:
        upload = await state.workers.fetch(partial(uploads.waiting, id))
        if upload is None:
            return _pending()
        found = await _finished(state, upload)
    return _answered(found)


async def _finished(state: State, upload: Waiting) -> Mapping[str, Any]:
    """The result of an upload, made in this request and counted as one of its pictures.

    One that the event wrote in the meantime was counted there.
    """
    note = current()
    try:
        outcome = await state.workers.compute(partial(state.uploads.finish, upload))
    except MicrolensError as exc:
        if note:
            note.failed(exc)
        raise
    if note and not outcome.was_there:
        if outcome.verdict is Verdict.DONE:
            note.answered(_answer(outcome.document), upload.bytes)
        else:
            note.refused += 1
    return outcome.document


def _pending() -> Response:
    body = Pending(
        status="pending", detail="no answer yet: the picture is on its way, or not yet sent"
    )
    headers = {"retry-after": _RETRY_SECONDS, "cache-control": "no-store"}
    return Response(body.model_dump_json(), 202, headers, "application/json")


def _answered(found: Mapping[str, Any]) -> Response:
    """A stored result as `POST /classify` says it, without where it is stored."""
    if found.get("code") == "source_not_found":
        raise RouteNotFound("the picture was deleted before it was looked at; upload it again")
    if "code" in found:
        said = Problem.model_validate(dict(found))
        if note := current():
            note.code = said.code
        return Response(said.model_dump_json(), said.status, media_type=PROBLEM_JSON)
    return Response(_answer(found).model_dump_json(), media_type="application/json")


def _answer(found: Mapping[str, Any]) -> Answer:
    return Answer.model_validate({**found, "image": {**found["image"], "source": "upload"}})
