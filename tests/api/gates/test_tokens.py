"""Who has a token may ask; who has none is told how, and learns nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError

from inference.errors import SettingsError
from inference.settings import read_settings
from tests.api import events
from tests.api.gates.conftest import NEW, OLD, TOKENS, bearer
from tests.api.test_problems import assert_problem
from tests.servers.emulator import Emulator, emulator
from tests.servers.uvicorn import Uvicorn

CLOSED = [
    ("POST", "/classify"),
    ("GET", "/classify"),
    ("OPTIONS", "/classify"),
    ("GET", "/model"),
    ("HEAD", "/model"),
    ("GET", "/model/labels"),
    ("GET", "/metrics"),
    ("POST", "/docs"),
    ("GET", "/openapi.json"),
    ("POST", "/uploads"),
    ("GET", "/results/65f0a1b2-AAAAAAAAAAAAAAAAAAAAAAAA"),
    ("GET", "/nowhere"),
    ("GET", "/livez/"),
    ("GET", "/%2e/livez"),
    ("POST", "/livez"),
    ("DELETE", "/"),
]
PROTOCOLS = [
    ("POST", "/"),
    ("POST", "/models/imagenet-lite0"),
    ("GET", "/v1/models/imagenet-lite0"),
    ("POST", "/v1/models/imagenet-lite0:predict"),
    ("GET", "/v2/health/ready"),
    ("GET", "/v2"),
]


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_without_a_token_an_address_says_how_to_send_one_and_no_more(
    guarded: httpx.Client, method: str, path: str
) -> None:
    reply = guarded.request(method, path)

    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == 'Bearer realm="microlens"'
    assert reply.headers["content-type"] == "application/problem+json"
    if method != "HEAD":
        assert_problem(reply, 401, "unauthorized")
        assert "Authorization: Bearer TOKEN" in reply.json()["detail"]


@pytest.mark.parametrize(("method", "path"), PROTOCOLS)
def test_protocols_refuse_in_their_own_words(guarded: httpx.Client, method: str, path: str) -> None:
    reply = guarded.request(method, path)

    assert reply.status_code == 401
    assert "Authorization: Bearer TOKEN" in reply.json()["error"]
    assert reply.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/", "/docs", "/livez", "/readyz", "/sample.png"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_probes_and_the_pages_are_open(guarded: httpx.Client, method: str, path: str) -> None:
    assert guarded.request(method, path).status_code == 200


@pytest.mark.parametrize("token", [OLD, NEW])
def test_each_of_several_tokens_opens_while_one_replaces_another(
    guarded: httpx.Client, chelsea: Path, token: str
) -> None:
    reply = guarded.post(
        "/classify?top_k=1", content=chelsea.read_bytes(), headers=bearer(token) | PNG
    )
    assert len(reply.json()["predictions"]) == 1
    assert guarded.get("/model", headers=bearer(token)).json()["labels"] == 1000


PNG = {"content-type": "image/png"}


@pytest.mark.parametrize(
    "value",
    [
        f"Bearer {NEW[:-1]}",
        f"Bearer {NEW}x",
        f"Bearer {NEW.upper()}",
        "Bearer",
        f"Bearer {TOKENS.partition(',')[0]}",
        "Bearer é",
    ],
)
def test_another_token_is_told_so_and_not_repeated(guarded: httpx.Client, value: str) -> None:
    reply = guarded.get("/model", headers={b"authorization": value.encode("latin-1")})

    assert_problem(reply, 401, "unauthorized")
    if sent := value.partition(" ")[2]:
        assert sent not in reply.text


def test_a_wrong_token_is_called_invalid(guarded: httpx.Client) -> None:
    challenge = guarded.get("/model", headers=bearer("wrong")).headers["www-authenticate"]
    assert challenge == 'Bearer realm="microlens", error="invalid_token"'


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer ", "Bearer\t"])
def test_the_scheme_is_read_as_http_has_it(guarded: httpx.Client, scheme: str) -> None:
    status = guarded.get("/model", headers={"authorization": f"{scheme} {NEW}"}).status_code
    assert status == (401 if "\t" in scheme else 200)


@pytest.mark.parametrize("value", [f"Basic {NEW}", NEW, f"Token {NEW}", f"Bearer{NEW}"])
def test_other_schemes_open_nothing(guarded: httpx.Client, value: str) -> None:
    reply = guarded.get("/model", headers={"authorization": value})
    assert_problem(reply, 401, "unauthorized")
    assert "no bearer token" in reply.json()["detail"]


def test_two_credentials_open_nothing(guarded: httpx.Client) -> None:
    both = [("authorization", f"Bearer {NEW}"), ("authorization", f"Bearer {NEW}")]
    assert guarded.get("/model", headers=both).status_code == 401


def test_the_body_of_a_stranger_is_not_read(guarded: httpx.Client) -> None:
    reply = guarded.post("/classify", content=bytes(60_000_000), headers=PNG)
    assert_problem(reply, 401, "unauthorized")


def test_the_description_says_that_tokens_are_wanted(guarded: httpx.Client) -> None:
    described = guarded.get("/openapi.json", headers=bearer(NEW)).json()

    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert described["security"] == [{"token": []}]
    for path, operations in described["paths"].items():
        for operation in operations.values():
            is_open = path in ("/livez", "/readyz")
            assert ("401" in operation["responses"]) != is_open
            assert operation.get("security") == ([] if is_open else None)


def test_no_token_and_no_hash_is_in_the_log(guarded: httpx.Client, guarded_server: Uvicorn) -> None:
    guarded.get(f"/model?token={NEW}", headers=bearer(NEW))
    guarded.get(f"/nowhere?token={OLD}", headers=bearer(OLD))
    log = guarded_server.log()

    assert '"status": 404' in log
    for secret in (OLD, NEW, *TOKENS.replace("sha256:", "").split(",")):
        assert secret not in log


def test_the_client_of_hugging_face_sends_its_key_as_a_token(
    guarded: httpx.Client, chelsea: Path
) -> None:
    address = f"{str(guarded.base_url).rstrip('/')}/models/imagenet-lite0"
    found = InferenceClient(model=address, token=NEW).image_classification(chelsea.read_bytes())
    assert "tabby" in {each.label for each in found}
    with pytest.raises(HfHubHTTPError, match="401"):
        InferenceClient(model=address, token="hf_other").image_classification(b"x")


def rekognition(address: str, **options: Any) -> Any:
    """A client of AWS's SDK."""
    return boto3.client("rekognition", endpoint_url=address, region_name="eu-west-1", **options)


def test_a_signature_of_aws_is_refused_by_its_name(guarded: httpx.Client) -> None:
    keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": NEW}
    client = rekognition(str(guarded.base_url), **keys)
    with pytest.raises(ClientError) as error:
        client.detect_labels(Image={"Bytes": b"x"})
    client.close()
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "an AWS signature" in error.value.response["Error"]["Message"]


def test_the_sdk_of_aws_sends_a_token_where_it_does_not_sign(
    guarded: httpx.Client, chelsea: Path
) -> None:
    def add_token(request: Any, **_: Any) -> None:
        request.headers["Authorization"] = f"Bearer {NEW}"

    client = rekognition(str(guarded.base_url), config=Config(signature_version=UNSIGNED))
    client.meta.events.register("before-send.rekognition", add_token)
    found = client.detect_labels(Image={"Bytes": chelsea.read_bytes()}, MinConfidence=5)
    client.close()
    assert found["Labels"]


@pytest.fixture(scope="module")
def function() -> Iterator[Emulator]:
    with emulator("api.http_handler.handler", {"MICROLENS_TOKENS": TOKENS}) as found:
        yield found


@pytest.mark.parametrize("shape", events.HTTP_SHAPES)
def test_tokens_are_asked_for_behind_every_gateway(
    function: Emulator, chelsea: Path, shape: str
) -> None:
    event = events.http(shape, chelsea.read_bytes(), "image/png")
    refused = function.invoke(event)
    assert refused["statusCode"] == 401
    assert json.loads(refused["body"])["code"] == "unauthorized"

    for headers in (event.get("headers"), event.get("multiValueHeaders")):
        if headers is event.get("headers") and headers is not None:
            headers["authorization"] = f"Bearer {NEW}"
        elif headers is not None:
            headers["authorization"] = [f"Bearer {NEW}"]
    assert function.invoke(event)["statusCode"] == 200
    assert NEW not in function.log()


@pytest.mark.parametrize(
    "value", ["hunter2", f"{TOKENS},hunter2", "sha256:hunter2", f"sha256:{'g' * 64}"]
)
def test_a_token_in_place_of_its_hash_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(SettingsError, match="MICROLENS_TOKENS is refused: entry") as error:
        read_settings({"MICROLENS_TOKENS": value})
    assert "hunter2" not in str(error.value)
    assert "microlens token" in str(error.value)


def test_hashes_are_not_shown_with_the_settings() -> None:
    settings = read_settings({"MICROLENS_TOKENS": f" {TOKENS} ,"})
    assert len(settings.tokens) == 2
    assert TOKENS[10:40] not in repr(settings) + str(settings.model_dump(mode="json"))
