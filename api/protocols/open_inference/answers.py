"""Answers to inference requests: each output as JSON, or as bytes after it."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence

import numpy as np
from fastapi import Response

from api.protocols import json_response
from api.protocols.arrays import in_order_of_classes
from api.protocols.open_inference.requests import HEADER_LENGTH, LABEL, Asked, Output
from inference.answers import Prediction
from inference.model import Model


def encode_answer(asked: Asked, answers: Sequence[Sequence[Prediction]], model: Model) -> Response:
    """The answer, each output as JSON or as bytes after it, as it was asked for."""
    outputs: list[dict[str, object]] = []
    buffers: list[bytes] = []
    for wanted in asked.outputs:
        output, data = _output(wanted, answers, len(model.labels))
        binary = wanted.parameters.binary_data
        if asked.binary if binary is None else binary:
            buffers.append(_as_bytes(data))
            output["parameters"] = {"binary_data_size": len(buffers[-1])}
        else:
            output["data"] = data
        outputs.append(output)
    document: dict[str, object] = {
        "model_name": model.identity.name,
        "model_version": model.identity.release,
        "outputs": outputs,
    }
    if asked.id is not None:
        document["id"] = asked.id
    if not buffers:
        return json_response(document)
    header = json.dumps(document, ensure_ascii=False).encode()
    length = {HEADER_LENGTH: str(len(header))}
    return Response(b"".join((header, *buffers)), 200, length, "application/octet-stream")


def _output(
    wanted: Output, answers: Sequence[Sequence[Prediction]], classes: int
) -> tuple[dict[str, object], list[float] | list[str]]:
    """Name, type and shape of an output, and its data in one row."""
    count = min(wanted.parameters.classification, classes)
    data: list[float] | list[str]
    if count:
        best = [each for answer in answers for each in answer[:count]]
        data = [f"{each.score:f}:{each.index}:{each.label}" for each in best]
        datatype, shape = "BYTES", [len(answers), count]
    elif wanted.name == LABEL:
        data = [answer[0].label for answer in answers]
        datatype, shape = "BYTES", [len(answers)]
    else:
        rows = [in_order_of_classes(answer, classes) for answer in answers]
        data = [score for row in rows for score in row]
        datatype, shape = "FP32", [len(answers), classes]
    return {"name": wanted.name, "datatype": datatype, "shape": shape}, data


def _as_bytes(data: list[float] | list[str]) -> bytes:
    """FP32 little-endian; BYTES as length and UTF-8, one after the other."""
    if data and isinstance(data[0], str):
        texts = [str(each).encode() for each in data]
        return b"".join(struct.pack("<I", len(text)) + text for text in texts)
    return np.array(data, "<f4").tobytes()
