"""What any layer of the service refuses, each client hears in the words of its own protocol."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import httpx
import pytest
from botocore.config import Config
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError
from tritonclient.http import InferenceServerClient
from tritonclient.utils import InferenceServerException

from tests.servers.uvicorn import uvicorn

REFUSING = '''
from fastapi import FastAPI, Response
from api import problems
from api.errors import PROBLEM_JSON
from api.protocols import PROTOCOLS, dispatch

BUSY = b'{"status": 503, "code": "busy", "detail": "all hands are full"}'

class Refuse:
    """A layer that knows of no protocol."""

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send):
        if scope.get("path") == "/v2/bug":
            raise RuntimeError("the secret is 42")
        if scope["type"] != "http" or scope["path"] == "/livez":
            await self._app(scope, receive, send)
        else:
            await Response(BUSY, 503, {"retry-after": "7"}, PROBLEM_JSON)(scope, receive, send)

app = FastAPI()
app.get("/livez")(lambda: "ok")
app.add_middleware(Refuse)
problems.install(app)
dispatch.install(app, [each.name for each in PROTOCOLS])
'''


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that is too busy for anything."""
    folder = tmp_path_factory.mktemp("refusing")
    (folder / "refusing.py").write_text(REFUSING)
    with uvicorn({"PYTHONPATH": str(folder)}, app="refusing:app") as server:
        yield server.url


def test_hugging_faces_client_raises_its_error(refusing: str) -> None:
    with pytest.raises(HfHubHTTPError, match="all hands are full") as raised:
        InferenceClient(model=refusing).image_classification(b"x")
    assert raised.value.response.status_code == 503
    assert raised.value.response.headers["retry-after"] == "7"


def test_boto3_tries_again_and_raises_its_exception(refusing: str) -> None:
    client = boto3.client(
        "rekognition",
        endpoint_url=refusing,
        region_name="eu-west-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 2}),
    )
    busy = client.exceptions.ProvisionedThroughputExceededException
    with pytest.raises(busy, match="all hands are full") as raised:
        client.detect_labels(Image={"Bytes": b"x"})
    assert raised.value.response["ResponseMetadata"]["RetryAttempts"] == 1


def test_tritons_client_raises_its_exception(refusing: str) -> None:
    client = InferenceServerClient(refusing.removeprefix("http://"))
    try:
        assert not client.is_server_live()
        with pytest.raises(InferenceServerException, match="all hands are full") as raised:
            client.get_model_metadata("any")
        assert raised.value.status() == "503"
    finally:
        client.close()


def test_whoever_posts_json_gets_json(refusing: str) -> None:
    response = httpx.post(f"{refusing}/v1/models/any:predict", json={}, trust_env=False)
    assert response.status_code == 503
    assert response.headers["retry-after"] == "7"
    assert response.json() == {"error": "all hands are full"}


def test_a_bug_is_told_without_its_inside(refusing: str) -> None:
    response = httpx.get(f"{refusing}/v2/bug", trust_env=False)
    assert response.status_code == 500
    assert list(response.json()) == ["error"]
    assert "42" not in response.text


def test_an_address_of_ours_is_told_as_ours(refusing: str) -> None:
    response = httpx.post(f"{refusing}/classify", content=b"x", trust_env=False)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "busy"
