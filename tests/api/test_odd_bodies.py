"""Bodies and types that no client should send: each is answered, none by a 500."""

from __future__ import annotations

import gzip
from pathlib import Path

import httpx
import pytest

from tests.api.test_problems import assert_problem

JSON = "application/json"
FORM = "multipart/form-data; boundary=B"
IMAGE = b'Content-Disposition: form-data; name="image"'
URL = b'Content-Disposition: form-data; name="url"'


def form(headers: bytes, content: bytes, boundary: bytes = b"B") -> bytes:
    """A form of one part."""
    opening, closing = b"--" + boundary + b"\r\n", b"\r\n--" + boundary + b"--\r\n"
    return opening + headers + b"\r\n\r\n" + content + closing


REFUSED = {
    "JSON in UTF-16": (b'{"url":"s3://a/b"}'.decode().encode("utf-16"), JSON, "Invalid JSON"),
    "JSON with a byte order mark": (b'\xef\xbb\xbf{"image":"eA=="}', JSON, "Invalid JSON"),
    "half of a character": (b'{"image":"\\ud800"}', JSON, "Invalid JSON"),
    "a NUL as a member": (b'{"\\u0000":"x"}', JSON, "not permitted"),
    "lists in lists": (b"[" * 100_000, JSON, "recursion limit"),
    "objects in objects": (b'{"url":' * 100_000, JSON, "recursion limit"),
    "a number of 100,000 digits": (b'{"url":' + b"9" * 100_000 + b"}", JSON, "out of range"),
    "not a number": (b'{"url":NaN}', JSON, "url: Input should be a valid string"),
    "a million numbers for addresses": (
        b'{"urls":[' + b"1," * 1_000_000 + b"1]}",
        JSON,
        "about 1,000,001 values; at most 10,064",
    ),
    "a hundred thousand members": (
        b"{" + b",".join(b'"%d":1' % each for each in range(100_000)) + b"}",
        JSON,
        "about 100,000 values",
    ),
    "base64 with a line break": (b'{"image":"aGVs\\nbG8="}', JSON, "not base64"),
    "base64 without its padding": (b'{"image":"aGVsbA"}', JSON, "not base64"),
    "base64 for addresses": (b'{"image":"_-__"}', JSON, "not base64"),
    "base64 with an accent": ('{"image":"é"}'.encode(), JSON, "not base64"),
    "a data: URL in percent signs": (b'{"image":"data:,hello"}', JSON, "no ';base64,'"),
    "a data: URL without data": (b'{"image":"data:image/png;base64"}', JSON, "no ';base64,'"),
    "a form without a part": (b"--B--\r\n", FORM, "no picture"),
    "a form with bare line feeds": (form(IMAGE, b"x").replace(b"\r", b""), FORM, "parsed"),
    "a part without a name": (form(b"X-A: b", b"x"), FORM, "a field ''"),
    "a name with a NUL": (form(IMAGE.replace(b"age", b"a\0ge"), b"x"), FORM, r"'ima\x00ge'"),
    "a boundary of 5,000 letters": (
        form(IMAGE, b"x", b"x" * 5_000),
        f"multipart/form-data; boundary={'x' * 5_000}",
        "maximum of 256",
    ),
    "20,000 headers of a part": (
        form(b"\r\n".join(b"X-%d: y" % each for each in range(20_000)) + IMAGE, b"x"),
        FORM,
        "header count",
    ),
    "a header of 2 MB": (form(b"X: " + bytes(2_000_000), b"x"), FORM, "parsed"),
}


@pytest.mark.parametrize(("body", "kind", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_an_odd_body_is_a_bad_request_that_says_why(
    service: httpx.Client, body: bytes, kind: str, says: str
) -> None:
    reply = service.post("/classify", content=body, headers={"content-type": kind})
    assert_problem(reply, 400, "bad_request")
    assert says in reply.json()["detail"]
    assert len(reply.json()["detail"]) < 500


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"url":"s3://photos/\\u0000"}', "control characters"),
        (b'{"url":"s3://photos/' + b"x" * 100_000 + b'"}', "at most 4,096"),
    ],
    ids=["with a NUL", "of 100,000 letters"],
)
def test_an_odd_address_is_not_looked_up(service: httpx.Client, body: bytes, says: str) -> None:
    reply = service.post("/classify", content=body, headers={"content-type": JSON})
    assert_problem(reply, 403, "source_not_allowed")
    assert says in reply.json()["detail"]


@pytest.mark.parametrize(
    "kind", ["IMAGE/PNG", b"image/p\xe9g", 'image/png;;;=;charset="x', "image/png, text/plain"]
)
def test_an_odd_type_of_a_picture_is_not_believed(
    service: httpx.Client, chelsea: Path, kind: str | bytes
) -> None:
    headers = [(b"content-type", kind.encode() if isinstance(kind, str) else kind)]
    reply = service.post("/classify", content=chelsea.read_bytes(), headers=headers)
    assert reply.json()["image"]["format"] == "PNG"


@pytest.mark.parametrize("coding", ["gzip", "GZIP, identity", "br"])
def test_a_packed_body_is_told_to_be_packed(service: httpx.Client, coding: str) -> None:
    headers = {"content-type": JSON, "content-encoding": coding}
    reply = service.post("/classify", content=gzip.compress(b"{}"), headers=headers)
    assert_problem(reply, 400, "bad_request")
    assert "are not unpacked: send them as they are" in reply.json()["detail"]


@pytest.mark.parametrize("coding", ["identity", "utf-8", ""])
def test_a_coding_that_changes_nothing_is_no_hindrance(
    service: httpx.Client, chelsea: Path, coding: str
) -> None:
    headers = {"content-type": "image/png", "content-encoding": coding}
    reply = service.post("/classify", content=chelsea.read_bytes(), headers=headers)
    assert reply.json()["image"]["format"] == "PNG"


@pytest.mark.parametrize("path", ["/%00", "/%ff", "/%2e%2e/model", "/classify/", "/" + "x" * 9_000])
def test_an_odd_path_leads_nowhere(service: httpx.Client, path: str) -> None:
    reply = service.get(path)
    assert_problem(reply, 404, "not_found")
    assert len(reply.json()["detail"]) < 500
