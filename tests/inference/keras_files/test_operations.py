"""Operations that are no layers are read: those of Keras 3, and nodes of TensorFlow's graph."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from inference.keras_files import inspect, load
from inference.keras_files.documents import Config
from tests.inference.keras_files.conftest import Networks
from tests.inference.keras_files.networks import (
    answers,
    save_h5,
)

pytestmark = pytest.mark.tensorflow
TOLERANCE = 1e-5


def test_an_h5_of_keras_3_with_an_operation_of_its_own_is_read(tmp_path: Path) -> None:
    """Keras 3 leaves out where `x * 2 + 1` comes from, and cannot read it back itself."""
    import keras

    picture = keras.Input((16, 12, 3))
    x = keras.layers.Conv2D(5, 3)(picture) * 2.0 + 1.0
    model = keras.Model(picture, keras.layers.GlobalAveragePooling2D()(keras.ops.relu6(x)))
    save_h5(model, tmp_path)
    loaded = load(tmp_path)
    assert loaded.mended == ("operations without their module",)
    assert np.abs(answers(loaded.model) - answers(model)).max() <= TOLERANCE


def as_a_dictionary(node: Config) -> Any:
    return node


def as_a_text(node: Config) -> Any:
    """TensorFlow 1.15 to 2.0: the bytes of a protobuf, taken for UTF-8."""
    import tensorflow as tf

    message = tf.compat.v1.NodeDef(name=node["name"], op=node["op"], input=node["input"])
    message.attr["T"].type = tf.float32.as_datatype_enum
    return message.SerializeToString().decode()


@pytest.mark.parametrize("write", [as_a_dictionary, as_a_text])
def test_a_node_of_tensorflows_graph_in_a_keras_2_model_is_read(
    networks: Networks, tmp_path: Path, write: Callable[[Config], Any]
) -> None:
    model = networks("tf_keras", "functional")
    save_h5(model, tmp_path)
    node = {
        "name": "mul",
        "op": "Mul",
        "input": ["x", "mul/y"],
        "attr": {"T": {"type": "DT_FLOAT"}},
    }
    with h5py.File(tmp_path / "model.h5", "a") as file:
        config = json.loads(file.attrs["model_config"])
        inner = config["config"]
        layer = {
            "class_name": "TensorFlowOpLayer",
            "name": "mul",
            "config": {"name": "mul", "node_def": write(node), "constants": {"1": 2.0}},
            "inbound_nodes": [[[*inner["output_layers"][0], {}]]],
        }
        inner["layers"].append(layer)
        inner["output_layers"] = [["mul", 0, 0]]
        file.attrs["model_config"] = json.dumps(config)
    assert np.abs(answers(load(tmp_path).model) - 2 * answers(model)).max() <= TOLERANCE


def test_operations_of_tensorflow_in_a_keras_2_model_are_read(tmp_path: Path) -> None:
    import tensorflow as tf
    import tf_keras

    picture = tf_keras.Input((16, 12, 3))
    x = tf.nn.relu6(tf_keras.layers.Conv2D(5, 3)(picture) * 2.0 + 1.0)
    model = tf_keras.Model(picture, tf.reduce_mean(x, axis=[1, 2]))
    save_h5(model, tmp_path)
    assert "TFOpLambda" in inspect(tmp_path).layers
    assert np.abs(answers(load(tmp_path).model) - answers(model)).max() <= TOLERANCE
