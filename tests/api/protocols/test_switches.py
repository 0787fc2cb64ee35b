"""A protocol that is not spoken costs nothing, and one that is switched off is not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import httpx
import pytest

from api.protocols import PROTOCOLS
from inference.errors import SettingsError
from inference.setting_types import ProtocolName
from inference.settings import read_settings
from tests.program import printed

NAMES = [each.name for each in PROTOCOLS]

# What nobody needs who speaks none of them.
THEIRS = {
    *(f"api.protocols.{each}" for each in (*NAMES, "arrays", "documents", "names")),
    *("boto3", "botocore", "huggingface_hub", "tritonclient"),
}


def test_nothing_of_a_protocol_is_imported_at_a_cold_start() -> None:
    loaded = printed("import api.http_handler, sys; print(*sys.modules)").split()
    assert "api.protocols" in loaded
    assert {each for each in loaded if each.startswith("api.protocols.")} <= {
        "api.protocols.dispatch"
    }
    assert THEIRS.isdisjoint(loaded)


@pytest.mark.parametrize("spoken", PROTOCOLS, ids=NAMES)
def test_every_protocol_has_a_file_with_both_parts(spoken: object) -> None:
    (protocol,) = [each for each in PROTOCOLS if each is spoken]
    translator = protocol.translator()
    assert callable(translator.answer)
    assert callable(translator.refuse)


def test_the_settings_name_the_protocols_that_there_are() -> None:
    assert set(get_args(ProtocolName)) == set(NAMES)
    assert read_settings({}).protocols == set(NAMES)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("rekognition", {"rekognition"}),
        (" hugging_face, rekognition ,", {"hugging_face", "rekognition"}),
        ("off", {"off"}),
    ],
)
def test_the_variable_names_those_that_are_spoken(value: str, expected: set[str]) -> None:
    assert read_settings({"MICROLENS_PROTOCOLS": value}).protocols == expected


@pytest.mark.parametrize("value", ["grpc", "rekognition,off", "Rekognition"])
def test_a_protocol_that_there_is_not_is_a_mistake(value: str) -> None:
    with pytest.raises(SettingsError, match="MICROLENS_PROTOCOLS"):
        read_settings({"MICROLENS_PROTOCOLS": value})


def requests_of(staged: httpx.Client) -> Iterator[tuple[str, httpx.Response]]:
    """One request in every protocol."""
    yield "tensorflow_serving", staged.get("/v1/models/colours")
    yield "open_inference", staged.get("/v2")
    yield "hugging_face", staged.post("/models/colours", content=b"x")
    target = {"x-amz-target": "RekognitionService.DetectLabels"}
    yield "rekognition", staged.post("/", content=b"{}", headers=target)


def test_one_that_is_switched_off_is_an_address_that_there_is_not(staged: httpx.Client) -> None:
    answers = dict(requests_of(staged))
    assert set(answers) == set(NAMES)
    assert answers.pop("tensorflow_serving").status_code == 200
    for response in answers.values():
        assert response.status_code in {404, 405}
        assert response.headers["content-type"] == "application/problem+json"


def test_an_operation_of_another_aws_service_is_nobodys(service: httpx.Client) -> None:
    response = service.post("/", content=b"{}", headers={"x-amz-target": "DynamoDB_1.PutItem"})
    assert response.status_code == 405
    assert response.headers["content-type"] == "application/problem+json"


def test_the_page_and_our_own_errors_are_as_they_were(service: httpx.Client) -> None:
    assert service.get("/").headers["content-type"].startswith("text/html")
    for method, path in (("PUT", "/"), ("GET", "/models"), ("GET", "/v1/models"), ("GET", "/v2x")):
        response = service.request(method, path)
        assert response.headers["content-type"] == "application/problem+json"
        assert response.status_code in {404, 405}


@pytest.mark.parametrize("path", ["/v2", "/v1/models/imagenet-lite0"])
def test_head_and_options_are_answered_as_everywhere(service: httpx.Client, path: str) -> None:
    head, got = service.head(path), service.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert service.head(f"{path}/nothing").status_code == 404
    assert "GET" in service.options(path).headers["allow"]
