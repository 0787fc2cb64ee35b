"""TensorFlow Serving's REST: status and metadata of the model, `:predict` and `:classify`.

`{"b64": …}` is the file of a picture; lists of numbers are the tensor that the network itself
takes, as they are when TensorFlow Serving has the same network.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import prod

from fastapi import Request, Response

from api.bodies.json import from_base64
from api.errors import RouteNotFound
from api.protocols import Refusal, error_response, json_response, path_of
from api.protocols.arrays import (
    Given,
    check_count,
    float_tensors,
    in_order_of_classes,
    input_shape,
    predict,
)
from api.protocols.documents import parse_object, read_whole
from api.protocols.names import check_model
from api.state import State
from inference.classifier import Query
from inference.errors import BadRequest
from inference.model import Model

_PATH = re.compile(
    r"/v1/models/(?P<name>[^/:]+)"
    r"(?:/versions/(?P<version>[^/:]+)|/labels/(?P<stage>[^/:]+))?"
    r"(?P<verb>:predict|:classify|/metadata)?"
)

INPUT, OUTPUT = "image", "scores"


async def answer(request: Request, state: State) -> Response:
    """The answer to what the path asks for."""
    path = path_of(request.scope)
    asked = _PATH.fullmatch(path)
    if asked is None:
        raise RouteNotFound(
            f"{request.method} {path[:200]} is none of /v1/models/NAME, /metadata, :predict and "
            ":classify, with or without /versions/V or /labels/STAGE"
        )
    model = await state.model()
    check_model(model, asked["name"], asked["version"], asked["stage"])
    match asked["verb"]:
        case None:
            return json_response(_status(model))
        case "/metadata":
            return json_response(_metadata(model))
        case verb:
            body = await read_whole(request, state.settings)
            done = _predict if verb == ":predict" else _classify
            return json_response(await done(body, model, state))


def refuse(refusal: Refusal) -> Response:
    """`{"error": "…"}`."""
    return error_response(refusal)


def _status(model: Model) -> dict[str, object]:
    return {
        "model_version_status": [
            {
                "version": model.identity.release,
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            }
        ]
    }


def _metadata(model: Model) -> dict[str, object]:
    shape = [-1, *input_shape(model)]
    signature = {
        "inputs": {INPUT: _tensor_info(INPUT, shape)},
        "outputs": {OUTPUT: _tensor_info(OUTPUT, [-1, len(model.labels)])},
        "method_name": "tensorflow/serving/predict",
    }
    spec = {
        "name": model.identity.name,
        "signature_name": "",
        "version": model.identity.release,
    }
    signatures = {"signature_def": {"serving_default": signature}}
    return {"model_spec": spec, "metadata": {"signature_def": signatures}}


def _tensor_info(name: str, shape: list[int]) -> dict[str, object]:
    sides = [{"size": str(side), "name": ""} for side in shape]
    return {
        "dtype": "DT_FLOAT",
        "tensor_shape": {"dim": sides, "unknown_rank": False},
        "name": f"{name}:0",
    }


async def _predict(body: bytes, model: Model, state: State) -> dict[str, object]:
    """Rows of `instances` give `predictions`, the columns of `inputs` give `outputs`."""
    said = await state.workers.compute(lambda: parse_object(body))
    if ("instances" in said) == ("inputs" in said):
        raise BadRequest('say either {"instances": […]} or {"inputs": […]}')
    by_rows = "instances" in said
    values = said["instances"] if by_rows else _only_input(said["inputs"])
    if not by_rows and _is_picture(values):
        values = [values]
    given = await state.workers.compute(lambda: _given(values, model, state, _instance))
    classes = len(model.labels)
    answers = await predict(state, model, given, Query(classes))
    scores = [in_order_of_classes(each, classes) for each in answers]
    return {"predictions" if by_rows else "outputs": scores}


async def _classify(body: bytes, model: Model, state: State) -> dict[str, object]:
    """All classes of every example, best first."""
    said = await state.workers.compute(lambda: parse_object(body))
    if said.get("context"):
        raise BadRequest("context: examples have one feature here, and share none")
    examples = said.get("examples")
    given = await state.workers.compute(lambda: _given(examples, model, state, _feature))
    answers = await predict(state, model, given, Query(len(model.labels)))
    return {"results": [[[each.label, each.score] for each in answer] for answer in answers]}


def _given(
    values: object, model: Model, state: State, read: Callable[[object, Model], Given]
) -> list[Given]:
    """What is meant by each of the values, which are counted before any is read."""
    if not isinstance(values, list):
        raise BadRequest('the pictures are no list; send one, of {"b64": …} or of numbers')
    check_count(len(values), state.settings.max_pictures)
    return [read(_only_input(value), model) for value in values]


def _feature(value: object, model: Model) -> Given:
    """A feature of a tf.Example: a value, or a list of values, which has one level and no more."""
    if not isinstance(value, list) or not value or isinstance(value[0], list):
        return _instance(value, model)
    if len(value) == 1 and _is_picture(value[0]):
        return _instance(value[0], model)
    shape = input_shape(model)
    if len(value) != prod(shape):
        raise BadRequest(
            'a feature is a list of one {"b64": …}, or of the numbers of the tensor '
            f"{[*shape]}, which are {prod(shape):,}; this list has {len(value):,} values"
        )
    return float_tensors(value, (prod(shape),)).reshape(shape)


def _instance(value: object, model: Model) -> Given:
    if isinstance(value, dict) and isinstance(text := value.get("b64"), str):
        return from_base64(text)
    if isinstance(value, list):
        return float_tensors(value, input_shape(model))
    raise BadRequest(
        'a picture is {"b64": "<base64 of its file>"}, or the tensor of the network as lists'
    )


def _only_input(value: object) -> object:
    """The value of the one input, whatever its name; the network has no more than one."""
    if not isinstance(value, dict) or _is_picture(value):
        return value
    if len(value) != 1:
        raise BadRequest(f"{len(value)} inputs are named; the network has one")
    return next(iter(value.values()))


def _is_picture(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"b64"}
