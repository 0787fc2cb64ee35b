"""Amazon Rekognition's DetectLabels and DetectCustomLabels, as the AWS SDKs ask for them.

JSON 1.1: the operation is named in a header, everything is in one JSON body, confidences are
percent. Signatures are not checked here; who may call is decided before a request comes here.
"""

from __future__ import annotations

import re
from uuid import uuid4

from fastapi import Request, Response

from api.bodies import Item, Link
from api.bodies.json import from_base64
from api.protocols import AMAZON_JSON, ModelNotServed, Refusal, json_response
from api.protocols.documents import parse_as, read_whole
from api.protocols.rekognition.requests import DetectCustomLabels, DetectLabels, Filters, Image
from api.state import State
from inference.addresses import S3Address, parse_address
from inference.answers import Prediction
from inference.classifier import Query
from inference.errors import BadRequest
from inference.model import Model

_ARN = re.compile(
    r"arn:[a-z\d-]+:rekognition:[a-z\d-]+:\d{12}:"
    r"project/(?P<project>[A-Za-z0-9_.-]{1,255})/version/[A-Za-z0-9_.-]{1,255}/\d+",
    re.ASCII,
)

# By our code, and for all others by their status.
_ERRORS = {
    "bad_image": "InvalidImageFormatException",
    "unsupported_image": "InvalidImageFormatException",
    "image_too_large": "ImageTooLargeException",
    "source_not_allowed": "AccessDeniedException",
    "source_not_found": "InvalidS3ObjectException",
    # SDKs try this one again, after a pause that grows.
    "busy": "ProvisionedThroughputExceededException",
}
_BY_STATUS = {
    401: "AccessDeniedException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    413: "ImageTooLargeException",
    429: "ThrottlingException",
}


async def answer(request: Request, state: State) -> Response:
    """The answer of the operation that `X-Amz-Target` names."""
    operation = request.headers["x-amz-target"].partition(".")[2]
    perform = _OPERATIONS.get(operation)
    if perform is None:
        known = " and ".join(_OPERATIONS)
        return _error(
            "UnknownOperationException", f"{operation[:80]!r} is not done here; {known} are"
        )
    body = await read_whole(request, state.settings)
    return _amazon_json(await perform(body, await state.model(), state))


def refuse(refusal: Refusal) -> Response:
    """`{"__type": "…Exception", "Message": "…"}`, from which SDKs raise the exception."""
    kind = _ERRORS.get(refusal.code) or _BY_STATUS.get(refusal.status)
    if kind is None and refusal.status >= 500:
        return _error("InternalServerError", refusal.detail, 500)
    return _error(kind or "InvalidParameterException", refusal.detail)


async def _detect_labels(body: bytes, model: Model, state: State) -> dict[str, object]:
    wanted = parse_as(DetectLabels, body)
    filters = wanted.settings.general_labels
    if filters.label_category_inclusion_filters or filters.label_category_exclusion_filters:
        raise BadRequest("labels have no categories here: filter by labels instead")
    if not set(wanted.features) <= {"GENERAL_LABELS"}:
        raise BadRequest("Features: GENERAL_LABELS is all that is done here")
    found = await _predictions(wanted.image, wanted.min_confidence, model, state)
    chosen = [each for each in found if _is_chosen(each.label, filters)][: wanted.max_labels]
    nothing: dict[str, object] = {"Instances": [], "Parents": [], "Aliases": [], "Categories": []}
    return {
        "Labels": [_label(each) | nothing for each in chosen],
        "LabelModelVersion": model.identity.release,
    }


async def _detect_custom_labels(body: bytes, model: Model, state: State) -> dict[str, object]:
    wanted = parse_as(DetectCustomLabels, body)
    _check_project(wanted.project_version_arn, model)
    found = await _predictions(wanted.image, wanted.min_confidence, model, state)
    return {"CustomLabels": [_label(each) for each in found[: wanted.max_results]]}


_OPERATIONS = {"DetectLabels": _detect_labels, "DetectCustomLabels": _detect_custom_labels}


async def _predictions(
    image: Image, min_confidence: float, model: Model, state: State
) -> list[Prediction]:
    """Every class that reaches `min_confidence` percent, best first."""
    wanted = Query(len(model.labels), min_confidence / 100)
    return (await state.answer(_item(image, state), wanted, model)).predictions


def _item(image: Image, state: State) -> Item:
    """The picture that is meant; exactly one way of saying it is allowed."""
    if image.bytes is not None and image.s3_object is None:
        return from_base64(image.bytes)
    if image.s3_object is None or image.bytes is not None:
        raise BadRequest("Image: say either Bytes or S3Object")
    named = image.s3_object
    version = f"?versionId={named.version}" if named.version is not None else ""
    url = f"s3://{named.bucket}/{named.name}{version}"
    address = parse_address(url, state.settings.buckets)
    if address != S3Address(named.bucket, named.name, named.version):
        raise BadRequest("Image.S3Object: Bucket, Name or Version is none that S3 has")
    return Link(url)


def _check_project(arn: str, model: Model) -> None:
    """The project of the ARN must be called as the model is; its version is Amazon's affair."""
    parts = _ARN.fullmatch(arn)
    if parts is None:
        raise BadRequest(f"ProjectVersionArn: {arn[:120]!r} is no ARN of a project's version")
    served = model.identity.name
    if parts["project"].lower() != served:
        raise ModelNotServed(
            f"the project {parts['project']!r} is not served here; the model here is {served!r}"
        )


def _is_chosen(label: str, filters: Filters) -> bool:
    included = filters.label_inclusion_filters
    return (not included or label in included) and label not in filters.label_exclusion_filters


def _label(prediction: Prediction) -> dict[str, object]:
    return {"Name": prediction.label, "Confidence": round(prediction.score * 100, 4)}


def _amazon_json(document: object, status: int = 200) -> Response:
    headers = {"x-amzn-requestid": str(uuid4())}
    return json_response(document, status, headers, AMAZON_JSON)


def _error(kind: str, message: str, status: int = 400) -> Response:
    return _amazon_json({"__type": kind, "Message": message}, status)
