"""TensorFlow Serving's REST. It has no client library: its users post JSON, and so do we here."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from inference.model import Model
from inference.pictures.decoding import PictureLimits, decode
from tests.api.protocols.conftest import MODEL

PATH = f"/v1/models/{MODEL}"

Predictions = list[dict[str, Any]]


@pytest.fixture(scope="module")
def cat(chelsea: Path) -> dict[str, str]:
    """The file of the cat, as binary values are written."""
    return {"b64": base64.b64encode(chelsea.read_bytes()).decode()}


@pytest.fixture(scope="module")
def cup(coffee: Path) -> dict[str, str]:
    """The file of the coffee."""
    return {"b64": base64.b64encode(coffee.read_bytes()).decode()}


@pytest.fixture(scope="module")
def scores(expected: Predictions) -> list[float]:
    """The score of every class, in their order, of the cat."""
    return [each["score"] for each in sorted(expected, key=lambda each: int(each["index"]))]


@pytest.fixture(scope="module")
def tensor(chelsea: Path, model: Model) -> NDArray[np.float64]:
    """The cat as the network takes it: (height, width, 3)."""
    picture = decode(chelsea.read_bytes(), model.size, model.recipe, PictureLimits())
    table = model.recipe.table()
    channels = [table[c % len(table)][picture.pixels[..., c]] for c in range(3)]
    return np.stack(channels, axis=-1)


def told(response: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    document: dict[str, Any] = response.json()
    return document


def test_the_status_is_that_of_the_release(service: httpx.Client) -> None:
    (status,) = told(service.get(PATH))["model_version_status"]
    assert status["state"] == "AVAILABLE"
    assert status["status"] == {"error_code": "OK", "error_message": ""}
    release = status["version"]
    for version in (release, release[:7]):
        assert told(service.get(f"{PATH}/versions/{version}"))["model_version_status"] == [status]


def test_the_metadata_have_the_shapes_of_the_network(service: httpx.Client) -> None:
    document = told(service.get(f"{PATH}/metadata"))
    assert document["model_spec"]["name"] == MODEL
    signature = document["metadata"]["signature_def"]["signature_def"]["serving_default"]
    shapes = [
        [int(dim["size"]) for dim in signature[side][name]["tensor_shape"]["dim"]]
        for side, name in (("inputs", "image"), ("outputs", "scores"))
    ]
    assert shapes == [[-1, 224, 224, 3], [-1, 1000]]


def test_rows_give_predictions_and_columns_give_outputs(
    service: httpx.Client, cat: Any, cup: Any, scores: list[float]
) -> None:
    rows: list[Any] = [[cat, cup], [{"image_bytes": cat}, {"image_bytes": cup}]]
    columns: list[Any] = [[cat, cup], {"image_bytes": [cat, cup]}]
    answers = [
        *(told(service.post(f"{PATH}:predict", json={"instances": row})) for row in rows),
        *(told(service.post(f"{PATH}:predict", json={"inputs": column})) for column in columns),
    ]
    assert [list(answer) for answer in answers] == [["predictions"]] * 2 + [["outputs"]] * 2
    for answer in answers:
        ((first, second),) = answer.values()
        assert first == scores
        assert second != scores
        assert len(second) == len(scores)


def test_arrays_are_what_the_network_itself_takes(
    service: httpx.Client, tensor: NDArray[np.float64], scores: list[float]
) -> None:
    for document in (
        {"signature_name": "serving_default", "instances": [tensor.tolist()]},
        {"inputs": {"input_1": [tensor.tolist()]}},
    ):
        answer = told(service.post(f"{PATH}:predict", json=document))
        assert [*answer.values()] == [[scores]]


def test_a_single_picture_is_a_column_of_one(
    service: httpx.Client, cat: Any, scores: list[float]
) -> None:
    assert told(service.post(f"{PATH}:predict", json={"inputs": cat})) == {"outputs": [scores]}


def test_classify_gives_labels_and_scores_best_first(
    service: httpx.Client, cat: Any, cup: Any, expected: Predictions
) -> None:
    document = {"signature_name": "any", "examples": [{"image": cat}, {"image": cup}]}
    first, second = told(service.post(f"{PATH}:classify", json=document))["results"]
    assert first == [[each["label"], each["score"]] for each in expected]
    assert second[0][0] == "espresso"


def test_an_example_may_hold_lists_as_tf_example_does(
    service: httpx.Client, cat: Any, tensor: NDArray[np.float64], expected: Predictions
) -> None:
    named = {"image": [cat]}, {"image/encoded": [cat]}
    flat = {"image": tensor.ravel().tolist()}, {"image": tensor.tolist()}
    for example in (*named, *flat):
        (first,) = told(service.post(f"{PATH}:classify", json={"examples": [example]}))["results"]
        assert first == [[each["label"], each["score"]] for each in expected]


def test_curl_without_a_content_type_is_understood(
    service: httpx.Client, cat: Any, scores: list[float]
) -> None:
    response = service.post(
        f"{PATH}:predict",
        content=f'{{"instances": [{{"b64": "{cat["b64"]}"}}]}}',
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert told(response) == {"predictions": [scores]}


def row(*instances: Any) -> dict[str, Any]:
    return {"instances": [*instances]}


BLANK = np.zeros((224, 224, 3)).tolist()

REFUSED: dict[str, tuple[str, Any, int, str]] = {
    "another model": ("/v1/models/resnet:predict", row(), 404, f"'{MODEL}' is"),
    "another version": (f"{PATH}/versions/1:predict", row(), 404, "versions are releases"),
    "another stage": (f"{PATH}/labels/prod:predict", row(), 404, "was not taken from any"),
    "no such verb": (f"{PATH}:explain", row(), 404, ":classify"),
    "regress": (f"{PATH}:regress", row(), 404, ":classify"),
    "neither": (f"{PATH}:predict", {}, 400, "instances"),
    "both": (f"{PATH}:predict", {"instances": [], "inputs": []}, 400, "either"),
    "none": (f"{PATH}:predict", row(), 400, "1 to 64"),
    "too many": (f"{PATH}:predict", row(*[1] * 65), 400, "1 to 64"),
    "a number": (f"{PATH}:predict", row(1.0), 400, '"b64"'),
    "a text": (f"{PATH}:predict", row("AAAA"), 400, '"b64"'),
    "no base64": (f"{PATH}:predict", row({"b64": "%"}), 400, "not base64"),
    "no text": (f"{PATH}:predict", row({"b64": 1}), 400, '"b64"'),
    "no picture": (f"{PATH}:predict", row({"b64": "AAAA"}), 400, "no picture"),
    "two inputs": (f"{PATH}:predict", row({"a": 1, "b": 2}), 400, "2 inputs"),
    "another shape": (f"{PATH}:predict", row(BLANK[1:]), 400, r"[224, 224, 3]"),
    "a flat row": (f"{PATH}:predict", row([0.0] * 224 * 224 * 3), 400, "not nested"),
    "words": (f"{PATH}:predict", row([[["a"] * 3] * 224] * 224), 400, "no number"),
    "truths": (f"{PATH}:predict", row([[[True] * 3] * 224] * 224), 400, "no number"),
    "nulls": (f"{PATH}:predict", row([[[None] * 3] * 224] * 224), 400, "no number"),
    "beyond a float": (f"{PATH}:predict", row([[[1e39] * 3] * 224] * 224), 400, "finite"),
    "a context": (f"{PATH}:classify", {"context": {"a": 1}, "examples": []}, 400, "context"),
    "no examples": (f"{PATH}:classify", {}, 400, "no list"),
    "two pictures in a feature": (
        f"{PATH}:classify",
        {"examples": [{"image": [{"b64": "AAAA"}, {"b64": "AAAA"}]}]},
        400,
        "this list has 2 values",
    ),
    "a feature of three numbers": (
        f"{PATH}:classify",
        {"examples": [{"image": [0.1, 0.2, 0.3]}]},
        400,
        "[224, 224, 3], which are 150,528; this list has 3 values",
    ),
    "an empty feature": (f"{PATH}:classify", {"examples": [{"image": []}]}, 400, "not nested"),
    "two features": (f"{PATH}:classify", {"examples": [{"a": 1, "b": 2}]}, 400, "2 inputs"),
}


@pytest.mark.parametrize(("path", "document", "status", "says"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_told_as_an_error(
    service: httpx.Client, path: str, document: Any, status: int, says: str
) -> None:
    document = told(service.post(path, json=document), status)
    assert list(document) == ["error"]
    assert says in document["error"]


def test_another_method_is_told_which_there_is(service: httpx.Client) -> None:
    response = service.get(f"{PATH}:predict")
    assert "is not served" in told(response, 405)["error"]
    assert "POST" in response.headers["allow"]


def test_the_stage_is_a_label(staged: httpx.Client) -> None:
    assert told(staged.get("/v1/models/colours/labels/prod"))["model_version_status"]
    error = told(staged.get("/v1/models/colours/labels/dev"), 404)["error"]
    assert error == "the stage 'dev' of 'colours' is not served here; 'prod' is"
