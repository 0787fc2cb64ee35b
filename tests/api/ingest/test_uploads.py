"""Large pictures: a form from the service, the picture to S3, the answer from the service."""

from __future__ import annotations

import io
import json
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

from inference import s3 as our_s3
from inference.settings import LAMBDA_BODY_BYTES
from tests.api import events
from tests.api.conftest import client
from tests.api.telemetry.test_metrics import samples
from tests.api.telemetry.test_requests import line_of
from tests.api.test_problems import assert_problem
from tests.servers.emulator import emulator
from tests.servers.seaweed import Seaweed
from tests.servers.uvicorn import Uvicorn, uvicorn

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ID = re.compile(r"[0-9a-f]{8}-[A-Za-z0-9_-]{24}")
LIMIT = 12_000_000


@pytest.fixture(scope="module")
def incoming(s3: S3Client) -> str:
    """The bucket that the uploads go to; their results lie in it too."""
    name = f"incoming-{secrets.token_hex(8)}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="module")
def settings(seaweed: Seaweed, incoming: str) -> dict[str, str]:
    """The variables of a service that takes uploads."""
    return {
        **seaweed.environment(),
        "MICROLENS_UPLOADS": f"s3://{incoming}/up/loads",
        "MICROLENS_RESULTS": f"s3://{incoming}/results",
        "MICROLENS_MAX_IMAGE_BYTES": str(LIMIT),
        "MICROLENS_MAX_BODY_BYTES": "1000000",
    }


@pytest.fixture(scope="module")
def server(settings: dict[str, str]) -> Iterator[Uvicorn]:
    """Such a service."""
    with uvicorn({**settings, "MICROLENS_LOG_FORMAT": "json"}) as found:
        yield found


@pytest.fixture(scope="module")
def taking(server: Uvicorn) -> Iterator[httpx.Client]:
    """A client of it."""
    with client(server.url) as found:
        yield found


@pytest.fixture(scope="module")
def large() -> bytes:
    """A JPEG of 12 megapixels and more bytes than Lambda takes in a request."""
    file = io.BytesIO()
    noise = Image.effect_noise((1000, 750), 60).resize((4000, 3000), Image.Resampling.BICUBIC)
    noise.convert("RGB").save(file, "JPEG", quality=97)
    assert LAMBDA_BODY_BYTES < len(file.getvalue()) < LIMIT
    return file.getvalue()


def send(form: dict[str, Any], picture: bytes, **changed: str) -> httpx.Response:
    """Fill in the form as a browser does, against S3 itself."""
    fields = {**form["fields"], **changed}
    return httpx.post(
        form["url"], data=fields, files={"file": ("x.jpg", picture)}, timeout=60, trust_env=False
    )


def test_a_picture_too_large_for_a_request_is_answered_through_s3(
    taking: httpx.Client, service: httpx.Client, large: bytes
) -> None:
    refused = taking.post("/classify", content=large, headers={"content-type": "image/jpeg"})
    assert_problem(refused, 413, "image_too_large")
    assert "POST /uploads" in refused.json()["detail"]

    asked = taking.post("/uploads")
    assert asked.status_code == 201
    assert asked.headers["cache-control"] == "no-store"
    form = asked.json()
    assert form["result"] == asked.headers["location"] == f"/results/{form['id']}"
    assert (form["max_bytes"], form["expires_in"]) == (LIMIT, 900)
    assert ID.fullmatch(form["id"])

    pending = taking.get(form["result"])
    assert pending.status_code == 202
    assert pending.headers["retry-after"] == "1"
    assert pending.json()["status"] == "pending"

    assert send(form, large).status_code == 204
    answer = taking.get(form["result"])
    assert answer.status_code == 200
    expected = service.post("/classify", content=large, headers={"content-type": "image/jpeg"})
    said, wanted = answer.json(), expected.json()
    assert said.keys() == wanted.keys()
    assert said["predictions"] == wanted["predictions"]
    assert said["image"] == wanted["image"]
    assert taking.get(form["result"]).json() == said


def test_a_picture_that_is_bad_has_the_status_it_would_have_had(
    taking: httpx.Client, chelsea: Path
) -> None:
    for picture, status, code in (
        (b"this is no picture at all", 415, "unsupported_image"),
        (chelsea.read_bytes()[:4000], 422, "bad_image"),
    ):
        form = taking.post("/uploads").json()
        assert send(form, picture).status_code == 204
        assert_problem(taking.get(form["result"]), status, code)


def test_an_upload_that_is_answered_when_it_is_asked_for_is_counted_and_told_as_others_are(
    taking: httpx.Client, server: Uvicorn, chelsea: Path
) -> None:
    def counted(name: str) -> float:
        said = samples(taking.get("/metrics").text)
        return said[f'microlens_pictures_{name}_total{{service="classify"}}']

    before = counted("classified"), counted("refused")
    lines, ids = [], []
    for picture in (chelsea.read_bytes(), b"this is no picture at all"):
        form = taking.post("/uploads").json()
        assert send(form, picture).status_code == 204
        lines.append(line_of(taking.get(form["result"]), server)["request"])
        # Its result is there now: reading it is no picture.
        assert "pictures" not in line_of(taking.get(form["result"]), server)["request"]
        ids.append(form["id"])

    assert (counted("classified"), counted("refused")) == (before[0] + 1, before[1] + 1)
    good, bad = lines
    assert (good["pictures"], good["bytes"]) == (1, chelsea.stat().st_size)
    assert (good["model"], good["format"], good["size"]) == ("imagenet-lite0", "PNG", "451x300")
    assert good["ms"]["total"] > good["ms"]["infer"] > 0
    assert (bad["code"], bad["refused"], bad["status"]) == ("unsupported_image", 1, 415)
    assert not [each for each in ids if each in server.log()]


def test_the_form_takes_no_other_object_and_no_larger_one(
    taking: httpx.Client, s3: S3Client, incoming: str, chelsea: Path
) -> None:
    form = taking.post("/uploads").json()
    assert send(form, bytes(LIMIT + 1)).status_code == 400
    assert send(form, b"").status_code == 400
    assert send(form, chelsea.read_bytes(), key="up/loads/elsewhere").status_code == 403
    assert send(form, chelsea.read_bytes(), policy="e30=").status_code == 403
    assert taking.get(form["result"]).status_code == 202
    listed = s3.list_objects_v2(Bucket=incoming, Prefix="up/loads/")
    keys = [entry["Key"] for entry in listed.get("Contents", [])]
    assert f"up/loads/{form['id']}" not in keys
    assert "up/loads/elsewhere" not in keys


def old_id(seconds: int) -> str:
    """An id as it was made so many seconds ago."""
    return f"{int(time.time()) - seconds:08x}-{secrets.token_urlsafe(18)}"


@pytest.mark.parametrize(
    "name",
    [
        *("x", "0" * 33, "..%2F..%2Fresults%2Fx", f"{old_id(0)}%0A", f"{old_id(0)}x"),
        *(f"{old_id(0)[:-1]}é", f"{old_id(0)}.json", old_id(-7_200), old_id(1_300), "-" * 33),
    ],
    # The ids are new in each process, and several processes must agree on the tests' names.
    ids=[
        *("a letter", "too long", "a path", "a line's end", "a letter too many"),
        *("an accent", "a suffix", "of the future", "too old", "only hyphens"),
    ],
)
def test_what_is_no_id_or_an_old_one_is_not_found(taking: httpx.Client, name: str) -> None:
    assert_problem(taking.get(f"/results/{name}"), 404, "not_found")


def test_an_id_for_which_a_picture_may_still_come_is_pending(taking: httpx.Client) -> None:
    assert taking.get(f"/results/{old_id(1_000)}").status_code == 202


def test_ids_differ_and_open_nothing_else(
    taking: httpx.Client, s3: S3Client, incoming: str
) -> None:
    ids = {taking.post("/uploads").json()["id"] for _ in range(20)}
    assert len({each.partition("-")[2] for each in ids}) == 20
    s3.put_object(Bucket=incoming, Key="results/secret.json", Body=b'{"predictions": []}')
    s3.put_object(Bucket=incoming, Key=f"results/{incoming}/up/secret.json", Body=b"{}")
    for name in ("secret", "..%2F..%2F..%2Fsecret", "../secret", f"{incoming}%2Fup%2Fsecret"):
        assert taking.get(f"/results/{name}").status_code == 404


def test_where_uploads_are_off_both_addresses_say_how_they_are_switched_on(
    service: httpx.Client,
) -> None:
    for response in (service.post("/uploads"), service.get(f"/results/{old_id(0)}")):
        assert_problem(response, 404, "not_found")
        assert "MICROLENS_UPLOADS=s3://BUCKET/PREFIX" in response.json()["detail"]


@pytest.mark.parametrize(
    ("region", "host"),
    [("eu-west-1", "s3.eu-west-1.amazonaws.com"), ("us-east-1", "s3.amazonaws.com")],
)
def test_a_form_names_the_host_of_the_buckets_region(
    monkeypatch: pytest.MonkeyPatch, region: str, host: str
) -> None:
    for name, value in (("REGION", region), ("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    our_s3.client.cache_clear()
    form = our_s3.upload_form("photos", "in/x", 10, 60)
    our_s3.client().close()
    our_s3.client.cache_clear()
    assert form.url == f"https://photos.{host}/"
    assert form.fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert form.fields["x-amz-signature"] not in repr(form)


def test_without_credentials_no_form_is_given_and_nothing_is_told(incoming: str) -> None:
    env = {
        "MICROLENS_UPLOADS": f"s3://{incoming}/up",
        "MICROLENS_RESULTS": f"s3://{incoming}/results",
    }
    with uvicorn(env) as server, client(server.url) as service:
        assert_problem(service.post("/uploads"), 502, "source_unavailable")


@pytest.mark.slow
def test_on_lambda_the_event_does_the_work(
    settings: dict[str, str], s3: S3Client, incoming: str, large: bytes
) -> None:
    env = {name: value for name, value in settings.items() if "BODY" not in name}
    with (
        emulator("api.http_handler.handler", env) as http,
        emulator("api.event_handler.handler", env) as ingest,
    ):
        post = events.get("/uploads")
        post["requestContext"]["http"]["method"] = "POST"
        form = json.loads(http.invoke(post)["body"])
        assert send(form, large).status_code == 204
        waiting = http.invoke(events.get(form["result"]))
        assert waiting["statusCode"] == 202
        assert waiting["headers"]["retry-after"] == "1"

        event = events.load("s3_post")
        event["Records"][0]["s3"]["bucket"]["name"] = incoming
        event["Records"][0]["s3"]["object"]["key"] = f"up/loads/{form['id']}"
        assert ingest.invoke(event) == {"pictures": 1}
        answer = http.invoke(events.get(form["result"]))
        assert answer["statusCode"] == 200
        assert len(json.loads(answer["body"])["predictions"]) == 5
        stored = s3.get_object(
            Bucket=incoming, Key=f"results/{incoming}/up/loads/{form['id']}.json"
        )
        assert json.loads(stored["Body"].read())["sequencer"] == "0065A1B2C3D4E5F608"
        refused = http.invoke(events.http("http_api_v2", bytes(4_600_001), "image/png"))
        assert "POST /uploads" in json.loads(refused["body"])["detail"]
