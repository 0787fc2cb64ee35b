"""Triton's own client gets scores, labels and metadata here, of files, pixels and tensors."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from inference.model import Model
from inference.pictures.decoding import PictureLimits, decode
from tests.api.protocols.conftest import MODEL

Predictions = list[dict[str, Any]]


@pytest.fixture(scope="module")
def client(uvicorn_address: str) -> Iterator[InferenceServerClient]:
    """Triton's client, which wants an address without its scheme."""
    found = InferenceServerClient(uvicorn_address.removeprefix("http://"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def scores(expected: Predictions) -> NDArray[np.float32]:
    """The score of every class, in their order, of the cat."""
    by_index = sorted(expected, key=lambda each: int(each["index"]))
    return np.array([each["score"] for each in by_index], np.float32)


@pytest.fixture(scope="module")
def framed(chelsea: Path, model: Model) -> NDArray[np.uint8]:
    """The cat as the model looks at it: (1, height, width, 3)."""
    picture = decode(chelsea.read_bytes(), model.size, model.recipe, PictureLimits())
    return picture.pixels[np.newaxis]


def given(array: NDArray[Any], *, binary: bool = True) -> InferInput:
    """`array` as the one input."""
    found = InferInput("image", array.shape, np_to_triton_dtype(array.dtype))
    return found.set_data_from_numpy(array, binary_data=binary)


def files(*contents: bytes) -> NDArray[np.object_]:
    found = np.empty(len(contents), np.object_)
    found[:] = contents
    return found


def test_the_probes_and_the_metadata_say_what_is_served(client: InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready(MODEL)
    assert not client.is_model_ready("another")
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data", "classification"]
    metadata = client.get_model_metadata(MODEL)
    (release,) = metadata.pop("versions")
    assert client.is_model_ready(MODEL, release)
    assert client.get_model_metadata(MODEL, release[:7])["name"] == MODEL
    assert metadata == {
        "name": MODEL,
        "platform": "litert",
        "inputs": [{"name": "image", "datatype": "BYTES", "shape": [-1]}],
        "outputs": [
            {"name": "scores", "datatype": "FP32", "shape": [-1, 1000]},
            {"name": "label", "datatype": "BYTES", "shape": [-1]},
        ],
    }


def test_a_batch_of_files_gives_scores_and_labels_in_the_order_sent(
    client: InferenceServerClient, chelsea: Path, coffee: Path, scores: NDArray[np.float32]
) -> None:
    found = client.infer(MODEL, [given(files(coffee.read_bytes(), chelsea.read_bytes()))])
    assert found.as_numpy("label").tolist() == [b"espresso", b"tiger cat"]
    assert found.as_numpy("scores").shape == (2, 1000)
    np.testing.assert_array_equal(found.as_numpy("scores")[1], scores)


def test_the_answer_may_be_json_and_carries_the_id_and_the_release(
    client: InferenceServerClient, chelsea: Path, scores: NDArray[np.float32]
) -> None:
    wanted = [
        InferRequestedOutput("label", binary_data=False),
        InferRequestedOutput("scores", binary_data=False),
    ]
    picture = given(files(chelsea.read_bytes()))
    found = client.infer(MODEL, [picture], outputs=wanted, request_id="seven")
    said = found.get_response()
    assert (said["id"], said["model_name"], len(said["model_version"])) == ("seven", MODEL, 64)
    assert [output["name"] for output in said["outputs"]] == ["label", "scores"]
    assert said["outputs"][0]["data"] == ["tiger cat"]
    np.testing.assert_allclose(found.as_numpy("scores")[0], scores, atol=1e-7)


@pytest.mark.parametrize("binary", [True, False])
def test_the_best_classes_come_as_value_index_and_label(
    client: InferenceServerClient, chelsea: Path, expected: Predictions, binary: bool
) -> None:
    wanted = InferRequestedOutput("scores", binary_data=binary, class_count=2)
    found = client.infer(MODEL, [given(files(chelsea.read_bytes()))], outputs=[wanted])
    told = [
        text.decode() if isinstance(text, bytes) else text
        for text in found.as_numpy("scores")[0].tolist()
    ]
    assert told == [f"{p['score']:f}:{p['index']}:{p['label']}" for p in expected[:2]]


def test_a_file_in_json_is_base64(
    client: InferenceServerClient, chelsea: Path, scores: NDArray[np.float32]
) -> None:
    text = np.array([base64.b64encode(chelsea.read_bytes())], np.object_)
    found = client.infer(MODEL, [given(text, binary=False)])
    np.testing.assert_array_equal(found.as_numpy("scores")[0], scores)


@pytest.mark.parametrize("binary", [True, False])
def test_pixels_of_any_size_are_framed_as_the_file_that_holds_them(
    client: InferenceServerClient, chelsea: Path, scores: NDArray[np.float32], binary: bool
) -> None:
    with Image.open(chelsea) as picture:
        pixels = np.asarray(picture.convert("RGB"))[np.newaxis]
    found = client.infer(MODEL, [given(pixels, binary=binary)])
    np.testing.assert_array_equal(found.as_numpy("scores")[0], scores)


def test_pixels_of_the_models_own_size_are_not_framed_again(
    client: InferenceServerClient, framed: NDArray[np.uint8], scores: NDArray[np.float32]
) -> None:
    found = client.infer(MODEL, [given(framed)])
    np.testing.assert_array_equal(found.as_numpy("scores")[0], scores)


@pytest.mark.parametrize("binary", [True, False])
def test_floats_are_what_the_network_itself_takes(
    client: InferenceServerClient,
    model: Model,
    framed: NDArray[np.uint8],
    scores: NDArray[np.float32],
    binary: bool,
) -> None:
    table = model.recipe.table()
    tensor = np.stack([table[c % len(table)][framed[..., c]] for c in range(3)], axis=-1)
    found = client.infer(MODEL, [given(tensor.astype(np.float32), binary=binary)])
    np.testing.assert_array_equal(found.as_numpy("scores")[0], scores)


ZEROS = np.zeros((1, 224, 224, 3), np.float32)

REFUSED: dict[str, tuple[NDArray[Any], dict[str, Any], str, str]] = {
    "another model": (ZEROS, {"model_name": "resnet"}, "404", f"'{MODEL}' is"),
    "another version": (ZEROS, {"model_version": "1"}, "404", "versions are releases"),
    "NaN": (ZEROS + np.float32(np.nan), {}, "400", "not finite"),
    "another size": (ZEROS[:, 1:], {}, "400", r"FP32 \[n, 224, 224, 3\]"),
    "channels first": (ZEROS.transpose(0, 3, 1, 2), {}, "400", r"\[1, 3, 224, 224\]"),
    "doubles": (ZEROS.astype(np.float64), {}, "400", "'FP64'"),
    "no batch": (files(), {}, "400", "1 to 64"),
    "too large a batch": (files(*[b"x"] * 65), {}, "400", "1 to 64"),
    "no picture": (files(b"no picture at all"), {}, "400", "no picture in a format"),
    "another output": (
        ZEROS,
        {"outputs": [InferRequestedOutput("boxes")]},
        "400",
        "outputs.0.name",
    ),
    "a classified label": (
        ZEROS,
        {"outputs": [InferRequestedOutput("label", class_count=1)]},
        "400",
        "only 'scores'",
    ),
}


@pytest.mark.parametrize(("array", "more", "status", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_is_raised_with_our_words(
    client: InferenceServerClient,
    array: NDArray[Any],
    more: dict[str, Any],
    status: str,
    says: str,
) -> None:
    with pytest.raises(InferenceServerException, match=says) as raised:
        client.infer(**{"model_name": MODEL, "inputs": [given(array)], **more})
    assert raised.value.status() == status


def test_compressed_bodies_and_shared_memory_are_refused(client: InferenceServerClient) -> None:
    with pytest.raises(InferenceServerException, match="encoding 'gzip'"):
        client.infer(MODEL, [given(ZEROS)], request_compression_algorithm="gzip")
    shared = InferInput("image", [1, 224, 224, 3], "FP32")
    shared.set_shared_memory("region", ZEROS.nbytes)
    with pytest.raises(InferenceServerException, match="shared memory is not read"):
        client.infer(MODEL, [shared])


def test_a_service_without_a_model_lives_and_is_not_ready(modelless: str) -> None:
    with httpx.Client(base_url=modelless, trust_env=False) as service:
        assert service.get("/v2/health/live").status_code == 200
        assert service.get("/v2/health/ready").status_code == 400
        response = service.get(f"/v2/models/{MODEL}")
        assert response.status_code == 503
        assert response.headers["retry-after"]
        assert "No model answers" in response.json()["error"]
