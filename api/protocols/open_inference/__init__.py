"""The Open Inference Protocol, version 2, over HTTP, as Triton's and KServe's clients speak it.

One input, whatever its name: BYTES are files of pictures, UINT8 are pixels that the recipe
frames, FP32 is the tensor that the network itself takes. The outputs are the scores and the best
label. Tensors travel as JSON or, by Triton's extension, as bytes after it.
"""

from __future__ import annotations

import re

from fastapi import Request, Response

from api.errors import RouteNotFound
from api.protocols import Refusal, error_response, json_response, path_of
from api.protocols.arrays import check_count, input_shape, predict
from api.protocols.documents import read_whole
from api.protocols.names import check_model
from api.protocols.open_inference.answers import encode_answer
from api.protocols.open_inference.requests import HEADER_LENGTH, LABEL, SCORES, parse_request
from api.state import State
from inference.classifier import Query
from inference.errors import ModelNotReady
from inference.model import Model

EXTENSIONS = ("binary_tensor_data", "classification")

_MODEL = re.compile(
    r"/v2/models/(?P<name>[^/]+)(?:/versions/(?P<version>[^/]+))?(?:/(?P<verb>ready|infer))?"
)


async def answer(request: Request, state: State) -> Response:
    """The answer to what the path asks for."""
    path = path_of(request.scope)
    match path.removesuffix("/"):
        case "/v2":
            return json_response(_server(request.app.version))
        case "/v2/health/live":
            return json_response({"live": True})
        case "/v2/health/ready":
            return await _ready(state)
    asked = _MODEL.fullmatch(path)
    if asked is None:
        raise RouteNotFound(
            f"{request.method} {path[:200]} is none of /v2, /v2/health/live, /v2/health/ready and "
            "/v2/models/NAME[/versions/V][/ready or /infer]"
        )
    model = await state.model()
    check_model(model, asked["name"], asked["version"])
    match asked["verb"]:
        case "ready":
            return json_response({"name": model.identity.name, "ready": True})
        case "infer":
            return await _infer(request, model, state)
    return json_response(_metadata(model))


def refuse(refusal: Refusal) -> Response:
    """`{"error": "…"}`."""
    return error_response(refusal)


def _server(version: str) -> dict[str, object]:
    return {"name": "microlens", "version": version, "extensions": list(EXTENSIONS)}


async def _ready(state: State) -> Response:
    """A status of 4xx is what the protocol says for "no"."""
    try:
        await state.model()
    except ModelNotReady:
        return json_response({"ready": False}, 400)
    return json_response({"ready": True})


def _metadata(model: Model) -> dict[str, object]:
    return {
        "name": model.identity.name,
        "versions": [model.identity.release],
        "platform": model.bundle.manifest.loader,
        "inputs": [{"name": "image", "datatype": "BYTES", "shape": [-1]}],
        "outputs": [
            {"name": SCORES, "datatype": "FP32", "shape": [-1, len(model.labels)]},
            {"name": LABEL, "datatype": "BYTES", "shape": [-1]},
        ],
    }


async def _infer(request: Request, model: Model, state: State) -> Response:
    body = await read_whole(request, state.settings)
    header_length = request.headers.get(HEADER_LENGTH)
    shape, limit = input_shape(model), state.settings.max_pictures
    asked = await state.workers.compute(lambda: parse_request(body, header_length, shape, limit))
    check_count(len(asked.given), limit)
    answers = await predict(state, model, asked.given, Query(len(model.labels)))
    return encode_answer(asked, answers, model)
