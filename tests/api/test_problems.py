"""Every error, provoked over HTTP, is a problem document that says what to do."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

from api.errors import TABLE, problem, row_for
from inference import errors
from tests.api.conftest import client
from tests.servers.uvicorn import uvicorn

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Send = Callable[[httpx.Client], httpx.Response]


def post(content: bytes, content_type: str = "image/png", **params: Any) -> Send:
    """A raw body."""
    headers = {"content-type": content_type}
    return lambda service: service.post(
        "/classify", content=content, headers=headers, params=params
    )


def png(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that its data does not have."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"\0"))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def noise(size: int) -> bytes:
    """A picture of about 3 x size x size bytes, which does not compress."""
    file = io.BytesIO()
    Image.effect_noise((size, size), 99).convert("RGB").save(file, "BMP")
    return file.getvalue()


@dataclass(frozen=True)
class Case:
    """A request, and what its answer must say."""

    send: Send
    status: int
    code: str
    says: str


CASES = {
    "empty body": Case(post(b""), 400, "bad_request", "empty"),
    "no content type": Case(post(b"x", ""), 400, "bad_request", "multipart/form-data"),
    "form of another kind": Case(
        post(b"a=b", "application/x-www-form-urlencoded"), 400, "bad_request", "urlencoded"
    ),
    "json that is none": Case(post(b"{", "application/json"), 400, "bad_request", "url"),
    "json of nothing": Case(post(b"{}", "application/json"), 400, "bad_request", "no picture"),
    "json with an unknown member": Case(
        post(b'{"uri": "s3://a/b"}', "application/json"), 400, "bad_request", "uri"
    ),
    "no base64": Case(post(b'{"image": "%%%"}', "application/json"), 400, "bad_request", "base64"),
    "multipart without a boundary": Case(
        post(b"x", "multipart/form-data"), 400, "bad_request", "boundary"
    ),
    "multipart cut off": Case(
        post(
            b'--B\r\nContent-Disposition: form-data; name="image"\r\n\r\nabc',
            "multipart/form-data; boundary=B",
        ),
        400,
        "bad_request",
        "closing boundary",
    ),
    "another field": Case(
        lambda service: service.post("/classify", files={"file": b"x"}),
        400,
        "bad_request",
        "'file'",
    ),
    "too many pictures": Case(
        lambda service: service.post("/classify", files=[("image", b"x")] * 65),
        400,
        "bad_request",
        "64",
    ),
    "top_k of nothing": Case(post(b"x", top_k=0), 400, "bad_request", "top_k='0'"),
    "top_k in words": Case(post(b"x", top_k="five"), 400, "bad_request", "top_k='five'"),
    "min_score that is no number": Case(post(b"x", min_score="nan"), 400, "bad_request", "nan"),
    "ruined by a gateway": Case(
        post("\ufffdPNG".encode()), 400, "bad_request", "binary media types"
    ),
    "no such path": Case(lambda service: service.get("/clasify"), 404, "not_found", "GET /clasify"),
    "no such method": Case(
        lambda service: service.put("/classify"), 405, "method_not_allowed", "PUT /classify"
    ),
    "text called a picture": Case(post(b"hello there, world"), 415, "unsupported_image", "JPEG"),
    "a format that is not read": Case(
        post(b"P6 1 1 255\n123"), 415, "unsupported_image", "b'P6 1 1 2'"
    ),
    "a bomb": Case(post(png(60_000, 50_000)), 413, "image_too_large", "at most"),
    "too many pixels": Case(post(png(10_000, 6_000)), 413, "image_too_large", "60,000,000"),
    "too many bytes": Case(post(noise(2_700)), 413, "image_too_large", "20,000,000"),
    "a body above the limit": Case(post(bytes(50_000_001)), 413, "image_too_large", "50,000,000"),
    "no picture data": Case(post(png(8, 8)), 422, "bad_image", "PNG"),
    "a bucket that is not named": Case(
        lambda service: service.post("/classify", json={"url": "s3://other-bucket/a.jpg"}),
        403,
        "source_not_allowed",
        "MICROLENS_BUCKETS",
    ),
    "an address elsewhere": Case(
        lambda service: service.post("/classify", json={"url": "http://169.254.169.254/"}),
        403,
        "source_not_allowed",
        "s3://BUCKET/KEY",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_error_has_its_status_code_and_advice_and_the_next_request_works(
    service: httpx.Client, chelsea: Path, case: Case
) -> None:
    response = case.send(service)
    assert_problem(response, case.status, case.code)
    assert case.says in response.json()["detail"]
    assert post(chelsea.read_bytes())(service).status_code == 200


def test_a_key_that_does_not_exist_is_not_found(service: httpx.Client, photos: str) -> None:
    response = service.post("/classify", json={"url": f"s3://{photos}/no/such.jpg"})
    assert_problem(response, 404, "source_not_found")
    assert f"s3://{photos}/no/such.jpg" in response.json()["detail"]


def test_an_object_that_is_too_large_is_refused_by_its_length(
    service: httpx.Client, s3: S3Client, photos: str
) -> None:
    s3.put_object(Bucket=photos, Key="large.bmp", Body=bytes(20_000_001))
    response = service.post("/classify", json={"url": f"s3://{photos}/large.bmp"})
    assert_problem(response, 413, "image_too_large")


def test_a_chunked_body_is_cut_at_the_limit(service: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(51):
            yield bytes(1_000_000)

    response = service.post("/classify", content=chunks(), headers={"content-type": "image/png"})
    assert_problem(response, 413, "image_too_large")


def test_without_a_model_requests_are_503_and_the_model_says_why(tmp_path: Path) -> None:
    with uvicorn({"MICROLENS_MODEL": str(tmp_path)}) as server, client(server.url) as service:
        response = post(b"x")(service)
        assert_problem(response, 503, "model_not_ready")
        # The time to the next look, of which there is one in 30 seconds.
        assert 1 <= int(response.headers["retry-after"]) <= 30
        assert_problem(service.get("/readyz"), 503, "model_not_ready")
        assert service.get("/livez").status_code == 200
        report = service.get("/model").json()
        assert report["model"] is None
        assert "no model.json" in report["last_failed_swap"]["reason"]
        assert str(tmp_path) not in response.text + str(report)


def test_storage_that_does_not_answer_is_502_and_where_it_lies_is_told_to_the_log_alone(
    environment: dict[str, str], photos: str
) -> None:
    nobody = {**environment, "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"}
    with uvicorn(nobody) as server, client(server.url) as service:
        response = service.post("/classify", json={"url": f"s3://{photos}/a.jpg"})
        assert_problem(response, 502, "source_unavailable")
        assert "127.0.0.1" not in response.text
        several = service.post("/classify", json={"urls": [f"s3://{photos}/b.jpg"] * 2})
        assert [each["code"] for each in several.json()["results"]] == ["source_unavailable"] * 2
        for key, times in ("a.jpg", 1), ("b.jpg", 2):
            assert server.log().count(f"not answered: s3://{photos}/{key} cannot be") == times


def test_a_bug_is_told_without_its_inside_and_logged_with_its_traceback(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(
        "from api.app import app\n\n"
        "@app.get('/bug')\n"
        "async def bug() -> None:\n"
        "    raise RuntimeError('the secret is 42')\n"
    )
    with (
        uvicorn({"PYTHONPATH": str(tmp_path)}, app="broken:app") as server,
        client(server.url) as service,
    ):
        response = service.get("/bug")
        assert_problem(response, 500, "internal")
        assert "42" not in response.text
        assert "the secret is 42" in server.log()


def assert_problem(response: httpx.Response, status: int, code: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    said = response.json()
    assert set(said) == {"type", "title", "status", "detail", "code"}
    assert (said["status"], said["code"]) == (status, code)
    assert said["type"] == f"urn:microlens:error:{code}"
    assert said["detail"]


def leaves(kind: type[errors.MicrolensError]) -> Iterator[type[errors.MicrolensError]]:
    """The classes below `kind` that have none below themselves."""
    below = kind.__subclasses__()
    if not below:
        yield kind
    for child in below:
        yield from leaves(child)


@pytest.mark.parametrize("leaf", [*leaves(errors.MicrolensError)], ids=lambda leaf: leaf.__name__)
def test_every_leaf_of_the_error_tree_has_a_row(leaf: type[errors.MicrolensError]) -> None:
    row = row_for(leaf("the inside"))
    assert (row.status < 500) == issubclass(leaf, errors.CallerError)
    assert ("the inside" in str(problem(leaf("the inside")))) == (row.status < 500)


def test_every_code_of_the_table_is_provoked_above() -> None:
    provoked = {case.code for case in CASES.values()}
    provoked |= {"source_not_found", "model_not_ready", "source_unavailable", "internal"}
    provoked |= {"unauthorized", "busy"}  # in tests/api/gates
    assert {row.code for row in TABLE.values()} == provoked
