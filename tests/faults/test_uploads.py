"""Faults of S3 behind `POST /uploads` and `GET /results/{id}`: told as they are, and got over."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.api.conftest import client
from tests.api.flood import paint
from tests.servers.faults import Answer, CutReply, CutRequest, Delay, Fault, Proxy, Request, faulty
from tests.servers.seaweed import Seaweed
from tests.servers.uvicorn import uvicorn

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = f"uploads-{secrets.token_hex(8)}"

MOMENTS = {
    "the result is looked for": ("GET", "/results/"),
    "the picture is looked for": ("HEAD", "/uploads/"),
    "the picture is read": ("GET", "/uploads/"),
    "the result is written": ("PUT", "/results/"),
}
"""What `GET /results/{id}` asks of S3, where no event has brought the answer yet."""

FAULTS: dict[str, Fault] = {
    "500": Answer(500),
    "503": Answer(503),
    "403": Answer(403),
    "404": Answer(404),
    "cut": CutReply(50),
    "nothing comes back": CutReply(),
    "broken before it is asked": CutRequest(),
    "late": Delay(0.3),
}
UNAVAILABLE = (502, "source_unavailable")
TOLD: dict[tuple[str, str], tuple[int, str]] = {
    ("the result is looked for", "404"): (200, ""),
    ("the picture is looked for", "404"): (202, ""),
    # S3's own "no", or an answer without a body, is understood though the rest of it is lost.
    ("the result is looked for", "cut"): (200, ""),
    ("the picture is looked for", "cut"): (200, ""),
    ("the result is written", "cut"): (200, ""),
}
"""Where it is not the storage that is told to be unavailable."""

CASES = [each for each in product(MOMENTS, FAULTS) if each != ("the picture is read", "404")]


@pytest.fixture(scope="module")
def proxy(seaweed: Seaweed, s3: S3Client) -> Iterator[Proxy]:
    s3.create_bucket(Bucket=BUCKET)
    with faulty(seaweed.endpoint_url) as running:
        yield running


@pytest.fixture(scope="module")
def taking(seaweed: Seaweed, proxy: Proxy) -> Iterator[httpx.Client]:
    """A client of a service that takes uploads, and reaches S3 through the proxy."""
    environment = {
        **seaweed.environment(),
        "AWS_ENDPOINT_URL_S3": proxy.url,
        "MICROLENS_UPLOADS": f"s3://{BUCKET}/uploads",
        "MICROLENS_RESULTS": f"s3://{BUCKET}/results",
    }
    with uvicorn(environment) as service, client(service.url) as found:
        yield found


def send(taking: httpx.Client, colour: str = "red") -> str:
    """Upload a picture; where its answer will be."""
    form: dict[str, Any] = taking.post("/uploads").raise_for_status().json()
    files = {"file": paint(colour, 40)}
    taking.post(form["url"], data=form["fields"], files=files).raise_for_status()
    return str(form["result"])


@pytest.mark.parametrize(("moment", "fault"), CASES)
def test_a_fault_behind_a_result_is_told_and_the_next_asking_has_the_answer(
    taking: httpx.Client, proxy: Proxy, s3: S3Client, moment: str, fault: str
) -> None:
    place = send(taking)
    method, folder = MOMENTS[moment]

    def plan(request: Request) -> Fault | None:
        return FAULTS[fault] if (request.method, folder in request.path) == (method, True) else None

    proxy.plan = plan
    try:
        asked = taking.get(place)
    finally:
        proxy.heal()
    expected = (200, "") if fault == "late" else TOLD.get((moment, fault), UNAVAILABLE)
    assert (asked.status_code, asked.json().get("code", "")) == expected, asked.text
    assert BUCKET not in asked.text
    again = taking.get(place)
    assert again.status_code == 200, again.text
    assert again.json()["predictions"]
    key = f"results/{BUCKET}/uploads/{place.rpartition('/')[2]}.json"
    stored = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    assert stored["predictions"] == again.json()["predictions"]


def test_a_picture_that_goes_before_it_is_read_is_told_to_be_gone_then_and_later(
    taking: httpx.Client, proxy: Proxy
) -> None:
    place = send(taking)

    def plan(request: Request) -> Fault | None:
        return Answer(404) if request.method == "GET" and "/uploads/" in request.path else None

    proxy.plan = plan
    try:
        first = taking.get(place)
    finally:
        proxy.heal()
    for asked in (first, taking.get(place)):
        assert (asked.status_code, asked.json()["code"]) == (404, "not_found")
        assert "upload it again" in asked.json()["detail"]


def test_a_form_is_given_while_s3_does_not_answer_for_it_is_signed_and_not_asked_for(
    taking: httpx.Client, proxy: Proxy
) -> None:
    asked = len(proxy.requests)
    proxy.spoil(CutRequest(), lasting=True)
    try:
        form = taking.post("/uploads")
    finally:
        proxy.heal()
    assert form.status_code == 201
    assert len(proxy.requests) == asked
