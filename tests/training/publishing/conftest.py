"""Models and pictures that are made once for the whole run."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.stores import Store, open_store
from tests.training.publishing.colours import LABELS, colour_network, colour_pictures, write_labels


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A labelled folder of four colours, eight pictures each."""
    return colour_pictures(tmp_path_factory.mktemp("colours") / "pictures")


@pytest.fixture(scope="session")
def keras_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`model.keras` of Keras 3, which tells four colours apart, and `labels.txt`."""
    import keras

    folder = tmp_path_factory.mktemp("keras")
    colour_network(keras).save(folder / "model.keras")
    write_labels(folder)
    return folder


@pytest.fixture(scope="session")
def json_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as `architecture.json` + `weights.h5` of Keras 2, with labels and recipe."""
    import tf_keras

    folder = tmp_path_factory.mktemp("json")
    network = colour_network(tf_keras)
    (folder / "architecture.json").write_text(network.to_json())
    network.save_weights(folder / "weights.h5")
    (folder / "recipe.json").write_text('{"std": [255.0]}')
    write_labels(folder)
    return folder


@pytest.fixture(scope="session")
def flatbuffer() -> bytes:
    """The same as a LiteRT model: nothing that reads it needs TensorFlow."""
    import keras

    from training.litert import to_float32

    return to_float32(colour_network(keras))


@pytest.fixture
def lite_folder(tmp_path: Path, flatbuffer: bytes) -> Path:
    """`model.tflite` with labels and recipe: a model that is published in milliseconds."""
    folder = tmp_path / "lite"
    folder.mkdir()
    (folder / "model.tflite").write_bytes(flatbuffer)
    (folder / "recipe.json").write_text('{"std": [255.0]}')
    write_labels(folder, LABELS)
    return folder


@pytest.fixture(params=["folder", "s3"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty registry, in a folder and in a bucket."""
    if request.param == "folder":
        return open_store(str(tmp_path / "registry"))
    request.getfixturevalue("on_seaweed")
    return open_store(f"s3://{request.getfixturevalue('bucket')}/some/registry")


@pytest.fixture
def folder(tmp_path: Path) -> Store:
    """An empty registry in a folder."""
    return open_store(str(tmp_path / "registry"))
