"""Nothing that is sent to an address of a protocol is a fault of ours, or costs much."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.protocols.conftest import MODEL

ROOT = {"x-amz-target": "RekognitionService.DetectLabels"}
ADDRESSES: dict[str, tuple[str, dict[str, str]]] = {
    "hugging face": ("/", {"content-type": "application/json"}),
    "labels": ("/", ROOT),
    "custom labels": ("/", {"x-amz-target": "RekognitionService.DetectCustomLabels"}),
    "infer": (f"/v2/models/{MODEL}/infer", {}),
    "predict": (f"/v1/models/{MODEL}:predict", {}),
    "classify": (f"/v1/models/{MODEL}:classify", {}),
}

BODIES = [
    *(b"", b"{", b"[]", b"{}", b"3", b"null", b'"text"', b"\xff\xfe", b"[" * 5_000, b"\x00"),
    *(b'{"a": NaN}', b'{"a": 1e999}', b'{"a": "\\ud800"}', b'{"a": ' + b"9" * 5_000 + b"}"),
    b'{"Image": [], "inputs": [], "instances": {}, "examples": 7}',
    b'{"Image": {"Bytes": 7}, "inputs": 7, "instances": [7], "examples": [7]}',
    b'{"Image": null, "inputs": null, "instances": null, "examples": null}',
    b'{"Image": {"Bytes": ""}, "inputs": "", "instances": [[]], "examples": [{}]}',
    b'{"Image": {"Bytes": "%"}, "inputs": "%", "instances": [{}], "examples": [{"b64": []}]}',
    b'{"Image": {"S3Object": {"Bucket": "\\u0000", "Name": "\\n"}}, "MaxLabels": 1e99}',
    b'{"inputs": {"b64": {}}, "parameters": {"top_k": -1, "binary_data_output": "yes"}}',
    b'{"inputs": {"a": {"b64": "AAAA"}}, "examples": [{"b64": "AAAA"}], "context": []}',
    b'{"instances": [{"a": {"b64": "AAAA", "c": 1}}], "signature_name": 7}',
    b'{"instances": [[[[1, 2], 3], {}]], "examples": [[[]], [[]]]}',
]


def assert_refused(response: httpx.Response, *statuses: int) -> None:
    """A 4xx in one of the protocols' shapes, none of which is that of a problem document."""
    assert response.status_code in statuses, response.text
    said = response.json()
    assert set(said) in ({"error"}, {"__type", "Message"})
    assert all(said.values())


@pytest.mark.parametrize(("path", "headers"), ADDRESSES.values(), ids=ADDRESSES.keys())
def test_odd_bodies_are_refused(service: httpx.Client, path: str, headers: dict[str, str]) -> None:
    for body in BODIES:
        assert_refused(service.post(path, content=body, headers=headers), 400, 404)


def tensor(**changes: Any) -> dict[str, Any]:
    return {"name": "image", "shape": [1, 1, 1, 3], "datatype": "UINT8", "data": [0] * 3, **changes}


TENSORS: dict[str, Any] = {
    "a negative side": tensor(shape=[-1, 1, 1, 3]),
    "negative sides that cancel out": tensor(shape=[-1, -1, 1, 3]),
    "a side of nothing": tensor(shape=[1, 0, 1, 3], data=[]),
    "half a side": tensor(shape=[1, 1, 1, 1.5]),
    "sides in words": tensor(shape=["1", "1", "1", "3"]),
    "true sides": tensor(shape=[True, True, True, 3]),
    "no shape": tensor(shape=[]),
    "a flat shape": tensor(shape=[3]),
    "a huge shape": tensor(shape=[1, 2**31 - 1, 2**31 - 1, 3]),
    "a shape beyond 64 bits": tensor(shape=[1, 2**70, 1, 3]),
    "a huge batch": tensor(shape=[2**31 - 1, 1, 1, 3]),
    "more dimensions": tensor(shape=[1, 1, 1, 3] + [1] * 1_000),
    "too few data": tensor(data=[0] * 2),
    "too many data": tensor(data=[0] * 4),
    "data in another nesting": tensor(data=[[0, 0, 0]]),
    "ragged data": tensor(shape=[1, 1, 2, 3], data=[[[[0, 0, 0], [0, 0]]]]),
    "a level above 255": tensor(data=[0, 0, 256]),
    "a level below 0": tensor(data=[0, 0, -1]),
    "half a level": tensor(data=[0, 0, 0.5]),
    "levels in words": tensor(data=["0", "0", "0"]),
    "true levels": tensor(data=[True, True, True]),
    "no levels": tensor(data=[None, None, None]),
    "no data": tensor(data=None),
    "an unknown type": tensor(datatype="FP16"),
    "no type": tensor(datatype=None),
    "numbers as files": tensor(datatype="BYTES", shape=[1], data=[1]),
    "files in files": tensor(datatype="BYTES", shape=[1], data=[[["AAAA"]]]),
    "fewer files than said": tensor(datatype="BYTES", shape=[2], data=["AAAA"]),
    "bytes that are not there": tensor(data=None, parameters={"binary_data_size": 3}),
    "a negative size": tensor(data=None, parameters={"binary_data_size": -3}),
    "a size in words": tensor(data=None, parameters={"binary_data_size": "3"}),
    "shared memory": tensor(data=None, parameters={"shared_memory_region": "x"}),
}


@pytest.mark.parametrize("odd", TENSORS.values(), ids=TENSORS.keys())
def test_odd_tensors_are_refused(service: httpx.Client, odd: dict[str, Any]) -> None:
    response = service.post(f"/v2/models/{MODEL}/infer", json={"inputs": [odd]})
    assert_refused(response, 400)


@pytest.mark.parametrize("length", ["", "-1", "x", "99999999999", "1" * 5_000, "7", "²"])
def test_an_odd_length_of_the_header_is_refused(service: httpx.Client, length: str) -> None:
    headers = [(b"inference-header-content-length", length.encode("latin-1"))]
    response = service.post(f"/v2/models/{MODEL}/infer", content=b"{}", headers=headers)
    assert_refused(response, 400)


@pytest.mark.parametrize(
    ("datatype", "shape", "data"),
    [
        ("BYTES", [1], b"\x01\x00"),
        ("BYTES", [1], struct.pack("<I", 2**32 - 1) + b"x"),
        ("BYTES", [1], struct.pack("<I", 0)),
        ("BYTES", [2], struct.pack("<I", 1) + b"x"),
        ("BYTES", [1], bytes(4_000_000)),
        ("UINT8", [1, 1, 1, 3], b"xx"),
        ("FP32", [1, 224, 224, 3], b"x" * 4 * 224 * 224 * 3 + b"x"),
        ("FP32", [1, 224, 224, 3], b"\x7f" * 4 * 224 * 224 * 3),
        ("UINT8", [1, 30_000, 1, 3], b"x" * 90_000),
    ],
)
def test_odd_bytes_after_the_json_are_refused_or_answered(
    service: httpx.Client, datatype: str, shape: list[int], data: bytes
) -> None:
    source = {"name": "i", "shape": shape, "datatype": datatype}
    size = {"parameters": {"binary_data_size": len(data)}}
    header = json.dumps({"inputs": [{**source, **size}]}).encode()
    headers = {"Inference-Header-Content-Length": str(len(header))}
    response = service.post(f"/v2/models/{MODEL}/infer", content=header + data, headers=headers)
    if response.status_code != 200:
        assert_refused(response, 400)


def test_numbers_that_overflow_the_network_are_refused(staged: httpx.Client) -> None:
    largest = [[[3.4e38] * 3] * 6] * 4
    response = staged.post("/v1/models/colours:predict", json={"instances": [largest]})
    assert_refused(response, 400)
    assert "not finite" in response.json()["error"]


@pytest.mark.parametrize("value", [b"0", b"[]", b"{}"])
@pytest.mark.parametrize("path", [ADDRESSES[name][0] for name in ("infer", "predict")])
def test_a_document_of_many_values_is_refused_before_it_is_parsed(
    service: httpx.Client, path: str, value: bytes
) -> None:
    body = b'{"instances":[' + b",".join([value] * 2_100_000) + b"]}"
    response = service.post(path, content=body)
    assert_refused(response, 400)
    assert "at most 2,000,000 are read" in response.json()["error"]


@pytest.mark.parametrize(("path", "headers"), ADDRESSES.values(), ids=ADDRESSES.keys())
def test_a_body_above_the_limit_is_refused_in_the_words_of_the_protocol(
    service: httpx.Client, path: str, headers: dict[str, str]
) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(51):
            yield bytes(1_000_000)

    response = service.post(path, content=chunks(), headers=headers)
    assert_refused(response, 400, 413)
    assert "50,000,000" in response.text


@pytest.mark.parametrize(
    "path",
    [
        *("/v2/", "/v2/x", "/v2/models", "/v2/models/", "/v2/models//infer"),
        *("/v2/repository/index", "/v2/models/%2F..%2F/infer", "/v2/models/x/versions//infer"),
        *("/v2/%00", "/v1/models/", "/v1/models/%3A", "/v1/models/x:", "/v1/models//x:predict"),
        *("/v1/models/%F0%9F%90%88", "/models/", "/models/%0A", "/hf-inference/models/"),
        "/v1/models/" + "x" * 5_000,
    ],
)
def test_odd_paths_are_refused(service: httpx.Client, path: str) -> None:
    for method in ("GET", "POST"):
        response = service.request(method, path, content=b"{}" if method == "POST" else None)
        if response.status_code != 200:
            assert_refused(response, 400, 404, 405)
