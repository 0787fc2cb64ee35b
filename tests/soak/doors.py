"""Every door of the running service, each with the one outcome that it must have.

An outcome is a status, and behind it the code of the problem document if there is one. Faults of
S3 are tied to keys, so that each request has exactly one right answer: whatever differs is wrong.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx
from PIL import Image

from tests.servers.faults import Answer, CutReply, CutRequest, Fault

FAULTS: dict[str, tuple[Fault, str]] = {
    "fault-500": (Answer(500), "502 source_unavailable"),
    "fault-503": (Answer(503), "502 source_unavailable"),
    "fault-403": (Answer(403), "403 source_not_allowed"),
    "fault-cut": (CutReply(100), "502 source_unavailable"),
    "fault-broken": (CutRequest(), "502 source_unavailable"),
}
"""Folder of the bucket → what becomes of every request for a key in it, and what we answer."""

UPLOAD = "POST /uploads, to S3, GET /results/{id}"
"""The door that leaves a result of its own each time."""

Send = Callable[[httpx.Client], httpx.Response]


@dataclass(frozen=True, slots=True)
class Door:
    """One way of asking; `weight` is its share of the traffic, `pictures` how many it sends.

    `pictures` counts those that reach the classifier, which is what the service counts too.
    """

    name: str
    expected: str
    send: Send
    weight: int = 1
    pictures: int = 0


def outcome(response: httpx.Response) -> str:
    """A status, and the code of the problem document if the answer is one."""
    if response.headers.get("content-type", "").startswith("application/problem+json"):
        return f"{response.status_code} {response.json()['code']}"
    return str(response.status_code)


def doors(picture: bytes, bucket: str) -> Sequence[Door]:
    """All of them; `picture` is a JPEG that lies in the bucket as `ok/0.jpg` too."""
    return [*_good(picture, bucket), *_other_services(picture), *_bad(picture), *_faulty(bucket)]


def _good(picture: bytes, bucket: str) -> list[Door]:
    text = base64.b64encode(picture).decode()
    url = f"s3://{bucket}/ok/0.jpg"
    three = [("image", picture)] * 2 + [("image", _png("RGBA"))]
    return [
        Door("raw body", "200", _raw(picture), 6, 1),
        Door("raw body, 16-bit grey PNG", "200", _raw(_png("I;16")), 2, 1),
        Door("raw body, animated GIF", "200", _raw(_gif()), 2, 1),
        Door("multipart", "200", lambda c: c.post("/classify", files={"image": picture}), 4, 1),
        Door("multipart, three", "200", lambda c: c.post("/classify", files=three), 2, 3),
        Door("JSON, base64", "200", _json({"image": text}), 3, 1),
        Door("JSON, address in S3", "200", _json({"url": url}), 4, 1),
        Door("form, address in S3", "200", _form_of_address(url), 1, 1),
        Door("GET /model", "200", lambda c: c.get("/model")),
        Door("GET /readyz", "200", lambda c: c.get("/readyz")),
        Door("GET /", "200", lambda c: c.get("/")),
        Door("GET /metrics", "200", lambda c: c.get("/metrics")),
        Door("GET /openapi.json", "200", lambda c: c.get("/openapi.json")),
        Door(UPLOAD, "200", _upload(picture), 1, 1),
    ]


def _other_services(picture: bytes) -> list[Door]:
    text = base64.b64encode(picture).decode()
    rekognition = {
        "x-amz-target": "RekognitionService.DetectLabels",
        "content-type": "application/x-amz-json-1.1",
    }
    labels = json.dumps({"Image": {"Bytes": text}}).encode()
    return [
        Door(
            "TensorFlow Serving",
            "200",
            lambda c: c.post(f"{_TF}:predict", json={"instances": [{"b64": text}]}),
            2,
            1,
        ),
        Door("Hugging Face", "200", lambda c: c.post("/", json={"inputs": text}), 2, 1),
        Door(
            "Rekognition", "200", lambda c: c.post("/", content=labels, headers=rekognition), 2, 1
        ),
        Door("Open Inference, a model that is not", "404", lambda c: c.get("/v2/models/other")),
    ]


def _bad(picture: bytes) -> list[Door]:
    bomb = Image.new("1", (9_000, 9_000))
    file = io.BytesIO()
    bomb.save(file, "PNG")
    twisted = picture[:2] + b"\xff\xfe\x00\x02" * 50_000 + b"\xff" * 90_000
    return [
        Door("bad: text", "415 unsupported_image", _raw(b"no picture at all"), 1, 1),
        Door("bad: half a PNG", "422 bad_image", _raw(_png("RGB")[:600]), 1, 1),
        Door("bad: a bomb", "413 image_too_large", _raw(file.getvalue()), 1, 1),
        Door("bad: a header without end", "422 bad_image", _raw(twisted), 1, 1),
        Door("bad: empty", "400 bad_request", _raw(b"")),
        Door("bad: JSON cut off", "400 bad_request", _json_text(b'{"url": ')),
        Door("bad: lists in lists", "400 bad_request", _json_text(b"[" * 50_000)),
        Door(
            "bad: a form cut off",
            "400 bad_request",
            lambda c: c.post("/classify", content=b"--B\r\nX: y\r\n\r\nabc", headers=_FORM),
        ),
        Door(
            "bad: 65 pictures",
            "400 bad_request",
            lambda c: c.post("/classify", files=[("image", b"x")] * 65),
        ),
        Door(
            "bad: an address elsewhere", "403 source_not_allowed", _json({"url": _METADATA}), 1, 1
        ),
        Door("bad: no such path", "404 not_found", lambda c: c.get("/nothing/here")),
        Door("bad: no such method", "405 method_not_allowed", lambda c: c.put("/classify")),
        Door(
            "bad: no such parameter",
            "400 bad_request",
            lambda c: c.post("/classify?topk=3", content=picture, headers=_JPEG),
        ),
    ]


def _faulty(bucket: str) -> list[Door]:
    found = [
        Door(f"S3: {name}", expected, _json({"url": f"s3://{bucket}/{name}/0.jpg"}), 1, 1)
        for name, (_, expected) in FAULTS.items()
    ]
    missing = {"url": f"s3://{bucket}/ok/missing.jpg"}
    return [*found, Door("S3: no such key", "404 source_not_found", _json(missing), 1, 1)]


_JPEG = {"content-type": "image/jpeg"}
_FORM = {"content-type": "multipart/form-data; boundary=B"}
_METADATA = "http://169.254.169.254/latest/meta-data/"
_TF = "/v1/models/imagenet-lite0"


def _raw(content: bytes) -> Send:
    return lambda client: client.post("/classify", content=content, headers=_JPEG)


def _form_of_address(url: str) -> Send:
    return lambda client: client.post("/classify", files={"url": (None, url)})


def _upload(picture: bytes) -> Send:
    def send(client: httpx.Client) -> httpx.Response:
        form = client.post("/uploads").raise_for_status().json()
        sent = client.post(form["url"], data=form["fields"], files={"file": picture})
        sent.raise_for_status()
        return client.get(form["result"])

    return send


def _json(document: object) -> Send:
    return lambda client: client.post("/classify", json=document)


def _json_text(content: bytes) -> Send:
    headers = {"content-type": "application/json"}
    return lambda client: client.post("/classify", content=content, headers=headers)


def _png(mode: str) -> bytes:
    file = io.BytesIO()
    gradient = Image.linear_gradient("L")
    (gradient.convert("I").convert(mode) if mode == "I;16" else gradient.convert(mode)).save(
        file, "PNG", compress_level=0
    )
    return file.getvalue()


def _gif() -> bytes:
    file = io.BytesIO()
    frames = [Image.linear_gradient("L").rotate(90 * turn) for turn in range(4)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()
