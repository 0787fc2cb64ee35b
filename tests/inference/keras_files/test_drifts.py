"""What changed between versions of Keras 2 and 3 is mended, and the answers stay."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from inference.errors import ModelError, UnreadableModel
from inference.keras_files import inspect, load
from inference.keras_files.documents import Config, objects
from tests.inference.keras_files.conftest import Networks
from tests.inference.keras_files.networks import (
    Kind,
    answers,
    network,
    pictures,
    save_h5,
    save_json_and_h5,
)

pytestmark = pytest.mark.tensorflow
TOLERANCE = 1e-5

Change = Callable[[Config], None]


def layers(config: Config) -> list[Config]:
    return [part for part in objects(config) if isinstance(part.get("config"), dict | list)]


def without_modules(config: Config) -> None:
    """As every Keras before 2.12 wrote it."""
    for part in objects(config):
        for key in ("module", "registered_name", "build_config"):
            if "class_name" in part:
                part.pop(key, None)


def model_for_functional(config: Config) -> None:
    """`Model`, until TensorFlow 2.3."""
    without_modules(config)
    for part in objects(config):
        if part.get("class_name") == "Functional":
            part["class_name"] = "Model"
    config["keras_version"] = "2.2.4-tf"


def initialisers_with_dtypes(config: Config) -> None:
    """TensorFlow 1.13 to 2.0."""
    model_for_functional(config)
    for part in objects(config):
        for key, value in part.items():
            if key.endswith("_initializer") and isinstance(value, dict):
                value["config"]["dtype"] = "float32"
                value["module"] = "tensorflow.python.ops.init_ops_v2"


def axis_in_a_list(config: Config) -> None:
    """TensorFlow 1.13 to 2.2."""
    model_for_functional(config)
    for part in layers(config):
        if part["class_name"] == "BatchNormalization":
            part["config"]["axis"] = [3]
            part["class_name"] = "BatchNormalizationV1"


def groups_of_one(config: Config) -> None:
    """TensorFlow 2.3 to 2.15, and what Keras 3 stumbles over."""
    without_modules(config)
    for part in layers(config):
        if part["class_name"] in ("DepthwiseConv2D", "SeparableConv2D"):
            part["config"]["groups"] = 1
    config["keras_version"] = "2.6.0"


def list_style(config: Config) -> None:
    """Keras 2.0 to 2.1: a Sequential is a list, and fewer arguments are written down."""
    model_for_functional(config)
    for part in layers(config):
        if part["class_name"] == "Sequential":
            entry, *rest = part["config"]["layers"]
            rest[0]["config"]["batch_input_shape"] = entry["config"]["batch_input_shape"]
            part["config"] = rest
    for part in layers(config):
        if isinstance(part["config"], dict):
            for key in ("groups", "dtype", "ragged", "optional", "keepdims"):
                part["config"].pop(key, None)
    config["keras_version"] = "2.1.6"


def paths_of_engine(config: Config) -> None:
    """Modules of Keras's inside, as 2.13 wrote them for some classes."""
    config["module"] = "keras.src.engine.functional"
    for part in layers(config):
        if part.get("module") == "keras.layers":
            part["module"] = f"keras.src.layers.{part['class_name'].lower()}"
    config["keras_version"] = "2.13.1"


def dtype_policies(config: Config) -> None:
    """Policies as objects, in a file that says Keras 2."""
    for part in layers(config):
        if isinstance(part["config"], dict) and "dtype" in part["config"]:
            part["config"]["dtype"] = {
                "class_name": "DTypePolicy",
                "config": {"name": "float32"},
                "module": "keras",
                "registered_name": None,
            }


def batch_shape(config: Config) -> None:
    """What Keras 3 calls `batch_input_shape`, in a file that says Keras 2."""
    for part in layers(config):
        if isinstance(part["config"], dict) and "batch_input_shape" in part["config"]:
            part["config"]["batch_shape"] = part["config"].pop("batch_input_shape")


def arguments_of_no_meaning(config: Config) -> None:
    for part in layers(config):
        if part["class_name"] == "Conv2D":
            part["config"] |= {"lora_rank": None, "quantization_config": None}


DRIFTS: dict[str, tuple[Kind, Change]] = {
    "no modules": ("functional", without_modules),
    "Model": ("nested", model_for_functional),
    "initialisers with dtype": ("functional", initialisers_with_dtypes),
    "axis in a list": ("functional", axis_in_a_list),
    "groups": ("functional", groups_of_one),
    "list-style Sequential": ("sequential", list_style),
    "list-style Model": ("functional", list_style),
    "engine paths": ("functional", paths_of_engine),
    "dtype policies": ("functional", dtype_policies),
    "batch_shape": ("functional", batch_shape),
    "empty arguments": ("sequential", arguments_of_no_meaning),
}


@pytest.mark.parametrize("form", ["json+h5", "h5"])
@pytest.mark.parametrize(("kind", "change"), DRIFTS.values(), ids=DRIFTS.keys())
def test_a_drift_of_keras_2_is_mended(
    networks: Networks, tmp_path: Path, kind: Kind, change: Change, form: str
) -> None:
    model = networks("tf_keras", kind)
    config = json.loads(model.to_json())
    change(config)
    if form == "h5":
        save_h5(model, tmp_path)
        with h5py.File(tmp_path / "model.h5", "a") as file:
            file.attrs["model_config"] = json.dumps(config)
    else:
        save_json_and_h5(model, tmp_path)
        (tmp_path / "architecture.json").write_text(json.dumps(config))
    assert np.abs(answers(load(tmp_path).model) - answers(model)).max() <= TOLERANCE


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_a_batch_of_a_fixed_size_takes_any(tmp_path: Path, library: Any) -> None:
    import importlib

    keras = importlib.import_module(library)
    picture = keras.Input(batch_shape=(32, 16, 12, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(5, 3)(picture))
    model = keras.Model(picture, x)
    model.save(tmp_path / "model.h5")
    expected = np.asarray(model(np.resize(pictures(), (32, 16, 12, 3))))[:4]
    loaded = load(tmp_path)
    assert loaded.mended == ("a batch of a fixed size",)
    assert np.abs(answers(loaded.model) - expected).max() <= TOLERANCE
    assert np.abs(np.asarray(loaded.model(pictures(1))) - expected[:1]).max() <= TOLERANCE


def test_an_argument_that_means_something_and_is_not_known_is_named(
    networks: Networks, tmp_path: Path
) -> None:
    config = json.loads(networks("tf_keras", "sequential").to_json())
    for part in layers(config):
        if part["class_name"] == "Conv2D":
            part["config"]["squeeze"] = 3
    save_json_and_h5(networks("tf_keras", "sequential"), tmp_path)
    (tmp_path / "architecture.json").write_text(json.dumps(config))
    with pytest.raises(UnreadableModel, match=r"'conv2d.*squeeze=3"):
        load(tmp_path)


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


def test_json_within_a_json_string_is_read(tmp_path: Path, networks: Networks) -> None:
    model = networks("keras", "sequential")
    save_json_and_h5(model, tmp_path)
    (tmp_path / "architecture.json").write_text(json.dumps(model.to_json()))
    assert np.abs(answers(load(tmp_path).model) - answers(model)).max() <= TOLERANCE


def test_how_a_model_was_trained_is_never_built(tmp_path: Path) -> None:
    """Its own loss and that of a model inside may be of any class: they are left out."""
    model = network("keras", "nested")
    save_h5(model, tmp_path)
    with h5py.File(tmp_path / "model.h5", "a") as file:
        config = json.loads(file.attrs["model_config"])
        loss = {"loss": {"class_name": "Evil", "module": "os", "config": {}}}
        for part in list(objects(config)):
            if part.get("class_name") == "Functional":
                part["compile_config"] = copy.deepcopy(loss)
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["training_config"] = json.dumps(loss)
    assert np.abs(answers(load(tmp_path).model) - answers(model)).max() <= TOLERANCE


def test_a_message_names_the_layer_the_writer_and_what_to_do_and_no_path(
    tmp_path: Path, networks: Networks
) -> None:
    save_h5(networks("tf_keras", "functional"), tmp_path)
    with h5py.File(tmp_path / "model.h5", "a") as file:
        config = json.loads(file.attrs["model_config"])
        for part in layers(config):
            if part["class_name"] == "Conv2D":
                part["config"]["padding"] = "sideways"
        file.attrs["model_config"] = json.dumps(config)
    with pytest.raises(UnreadableModel) as refused:
        load(tmp_path)
    message = str(refused.value)
    assert "conv2d" in message
    assert "Keras 2.21.0" in message
    assert "SavedModel" in message
    assert str(tmp_path) not in message


def test_the_number_in_a_path_of_keras_3_is_taken_for_no_name(tmp_path: Path) -> None:
    """`layers/conv2d_1` is the second convolution, whichever of the two is called so."""
    import tf_keras

    picture = tf_keras.Input((16, 12, 3))
    x = tf_keras.layers.Conv2D(5, 3, name="conv2d_1")(picture)
    x = tf_keras.layers.Conv2D(7, 3, name="conv2d_0")(x)
    model = tf_keras.Model(picture, tf_keras.layers.GlobalMaxPooling2D()(x))
    model.save(tmp_path / "model.keras")
    assert np.abs(answers(load(tmp_path).model) - answers(model)).max() <= TOLERANCE
