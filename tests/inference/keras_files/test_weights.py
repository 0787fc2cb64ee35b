"""Weights find their layers, and their axes, wherever and in whatever order they lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from inference.errors import ModelError
from inference.keras_files import inspect, load
from tests.inference.keras_files.conftest import Networks
from tests.inference.keras_files.networks import (
    answers,
    network,
    pictures,
    save_h5,
    save_json_and_h5,
)

pytestmark = pytest.mark.tensorflow
TOLERANCE = 1e-5


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_channels_first_comes_to_be_channels_last(tmp_path: Path, library: Any) -> None:
    """A residual network, whose Flatten depends on the order."""
    model = channels_first(library)
    model.save(tmp_path / "model.h5")
    expected = np.asarray(model(pictures().transpose(0, 3, 1, 2)))
    looked, loaded = inspect(tmp_path), load(tmp_path)
    assert looked.input_shape == (16, 12, 3)
    assert np.abs(answers(loaded.model) - expected).max() <= TOLERANCE
    assert any("channels first" in words for words in loaded.mended)


def channels_first(library: Any) -> Any:
    import importlib

    keras = importlib.import_module(library)
    order = {"data_format": "channels_first"}
    kinds = keras.layers
    picture = keras.Input((3, 16, 12))
    x = kinds.Conv2D(4, 3, padding="same", **order)(picture)
    x = kinds.BatchNormalization(axis=1, momentum=0.9)(x)
    x = kinds.Activation("relu")(x)
    y = kinds.DepthwiseConv2D(3, padding="same", **order)(x)
    y = kinds.Concatenate(axis=1)([kinds.Add()([x, y]), x])
    y = kinds.AveragePooling2D(2, **order)(kinds.ZeroPadding2D(1, **order)(y))
    gate = kinds.Dense(8, activation="sigmoid")(kinds.GlobalAveragePooling2D(**order)(y))
    y = kinds.Multiply()([y, kinds.Reshape((8, 1, 1))(gate)])
    y = kinds.Flatten(data_format="channels_last")(y)
    return keras.Model(picture, kinds.Dense(5)(y))


def test_kernels_of_theano_in_keras_2_are_turned(networks: Networks, tmp_path: Path) -> None:
    model = networks("tf_keras", "functional")
    save_h5(model, tmp_path)
    with h5py.File(tmp_path / "model.h5", "a") as file:
        for group in (file, file["model_weights"]):
            group.attrs["backend"] = "theano"
        kernel = next(
            data
            for name, data in datasets(file["model_weights"]).items()
            if name.endswith("kernel:0") and "/conv2d" in name
        )
        kernel[...] = kernel[()][::-1, ::-1]
    loaded = load(tmp_path)
    assert any("Theano" in words for words in loaded.mended)
    assert np.abs(answers(loaded.model) - answers(model)).max() <= TOLERANCE


def datasets(group: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    group.visititems(
        lambda name, node: found.update(
            {f"/{name}": node} if isinstance(node, h5py.Dataset) else {}
        )
    )
    return found


def test_weights_a_group_deeper_are_found(networks: Networks, tmp_path: Path) -> None:
    """A model that was wrapped in another to be trained on several GPUs, and saved with it."""
    import tf_keras

    inner = networks("tf_keras", "functional")
    picture = tf_keras.Input((16, 12, 3))
    outer = tf_keras.Model(picture, inner(picture))
    save_json_and_h5(outer, tmp_path)
    (tmp_path / "architecture.json").write_text(inner.to_json())
    loaded = load(tmp_path)
    assert any("deeper" in words for words in loaded.mended)
    assert np.abs(answers(loaded.model) - answers(inner)).max() <= TOLERANCE


def test_names_of_another_session_are_matched_by_order(tmp_path: Path, networks: Networks) -> None:
    first, second = networks("tf_keras", "functional"), network("tf_keras", "functional")
    assert first.layers[1].name != second.layers[1].name
    save_json_and_h5(first, tmp_path)
    (tmp_path / "architecture.json").write_text(second.to_json())
    loaded = load(tmp_path)
    assert loaded.mended == ("weights found by the order of their layers",)
    assert np.abs(answers(loaded.model) - answers(first)).max() <= TOLERANCE


def test_weights_of_another_network_are_refused_with_the_names_of_layers(
    tmp_path: Path, networks: Networks
) -> None:
    save_json_and_h5(networks("tf_keras", "nested"), tmp_path)
    (tmp_path / "architecture.json").write_text(networks("tf_keras", "functional").to_json())
    with pytest.raises(ModelError, match=r"dense|conv2d"):
        load(tmp_path)


def test_the_number_in_a_path_of_keras_3_is_taken_for_no_name(tmp_path: Path) -> None:
    """`layers/conv2d_1` is the second convolution, whichever of the two is called so."""
    import tf_keras

    picture = tf_keras.Input((16, 12, 3))
    x = tf_keras.layers.Conv2D(5, 3, name="conv2d_1")(picture)
    x = tf_keras.layers.Conv2D(7, 3, name="conv2d_0")(x)
    model = tf_keras.Model(picture, tf_keras.layers.GlobalMaxPooling2D()(x))
    model.save(tmp_path / "model.keras")
    assert np.abs(answers(load(tmp_path).model) - answers(model)).max() <= TOLERANCE
