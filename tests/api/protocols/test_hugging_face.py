"""Hugging Face's own client gets its labels here, from a uvicorn and from Lambda."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx
import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError

from tests.api.protocols.conftest import MODEL

Predictions = list[dict[str, Any]]


def pairs(found: Any) -> list[tuple[str, float]]:
    """Label and score of what the client hands out."""
    return [(each.label, each.score) for each in found]


def best(expected: Predictions, count: int) -> list[tuple[str, float]]:
    return [(each["label"], each["score"]) for each in expected[:count]]


def test_the_client_gets_the_best_five_of_bytes_and_of_a_path(
    address: str, chelsea: Path, expected: Predictions
) -> None:
    client = InferenceClient(model=address)
    assert pairs(client.image_classification(chelsea.read_bytes())) == best(expected, 5)
    assert pairs(client.image_classification(chelsea)) == best(expected, 5)
    assert pairs(client.image_classification(str(chelsea))) == best(expected, 5)


def test_top_k_and_the_function_that_the_model_has_are_taken(
    address: str, chelsea: Path, expected: Predictions
) -> None:
    client = InferenceClient(base_url=address)
    found = client.image_classification(chelsea, top_k=2, function_to_apply="softmax")
    assert pairs(found) == best(expected, 2)


@pytest.mark.parametrize("path", [f"/models/{MODEL}", f"/hf-inference/models/{MODEL}"])
def test_the_model_may_be_named_in_the_address_or_in_the_call(
    uvicorn_address: str, chelsea: Path, expected: Predictions, path: str
) -> None:
    found = InferenceClient().image_classification(chelsea, model=uvicorn_address + path)
    assert pairs(found) == best(expected, 5)


def test_a_base64_text_or_a_data_url_may_be_sent_by_hand(
    service: httpx.Client, chelsea: Path, expected: Predictions
) -> None:
    text = b64encode(chelsea.read_bytes()).decode()
    for inputs in (text, f"data:image/png;base64,{text}"):
        response = service.post("/", json={"inputs": inputs, "parameters": {"top_k": 1}})
        assert response.json() == [{k: expected[0][k] for k in ("label", "score")}]


@pytest.mark.parametrize(
    ("picture", "arguments", "status", "says"),
    [
        (b"no picture at all, this", {}, 400, "no picture in a format that is read here"),
        (b"", {"top_k": 1}, 400, "empty"),
        (None, {"top_k": 0}, 400, "parameters.top_k"),
        (None, {"function_to_apply": "none"}, 400, "come from softmax"),
        (None, {"function_to_apply": "sigmoid"}, 400, "come from softmax"),
    ],
    ids=["no picture", "empty", "top_k of 0", "no function", "another function"],
)
def test_what_is_refused_is_raised_with_our_words(
    address: str,
    chelsea: Path,
    picture: bytes | None,
    arguments: dict[str, Any],
    status: int,
    says: str,
) -> None:
    data = chelsea.read_bytes() if picture is None else picture
    with pytest.raises(HfHubHTTPError, match=says) as raised:
        InferenceClient(model=address).image_classification(data, **arguments)
    assert raised.value.response.status_code == status


def test_another_model_is_not_found(uvicorn_address: str, chelsea: Path) -> None:
    client = InferenceClient(model=f"{uvicorn_address}/models/google/vit-base-patch16-224")
    with pytest.raises(HfHubHTTPError, match=f"'{MODEL}' is") as raised:
        client.image_classification(chelsea)
    assert raised.value.response.status_code == 404
