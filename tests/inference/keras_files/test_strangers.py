"""What files of strangers hold that Keras's own examples do not: odd names, nestings and types."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from inference.errors import UnreadableModel
from inference.keras_files import inspect, load
from inference.keras_files.documents import objects
from tests.inference.keras_files.conftest import Networks
from tests.inference.keras_files.networks import (
    SHAPE,
    Save,
    answers,
    pictures,
    save_h5,
    save_json_and_h5,
    save_json_and_nested_weights,
    save_keras,
    save_keras_graph,
)

pytestmark = pytest.mark.tensorflow
TOLERANCE = 1e-5


def assert_answers(folder: Path, model: Any) -> Any:
    """Load what lies in `folder`, which must answer as `model` does."""
    loaded = load(folder)
    assert np.abs(answers(loaded.model) - answers(model)).max() <= TOLERANCE
    return loaded


def filled(model: Any) -> Any:
    """The model with weights that are all different."""
    rng = np.random.default_rng(5)
    model.set_weights([rng.uniform(0.1, 0.5, each.shape) for each in model.get_weights()])
    return model


@pytest.mark.parametrize("name", ["model.keras", "mask_detector.model"])
def test_an_h5_file_is_one_by_whatever_name_keras_2_wrote_it(
    networks: Networks, tmp_path: Path, name: str
) -> None:
    model = networks("tf_keras", "nested")
    save_h5(model, tmp_path)
    (tmp_path / "model.h5").rename(tmp_path / name)

    assert inspect(tmp_path).format == "h5"
    assert_answers(tmp_path, model)


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
@pytest.mark.parametrize("kind", ["sequential", "functional"])
def test_the_config_of_a_model_describes_it_as_well(
    networks: Networks, tmp_path: Path, library: Any, kind: Any
) -> None:
    model = networks(library, kind)
    save_json_and_h5(model, tmp_path)
    whole = json.loads((tmp_path / "architecture.json").read_text())
    (tmp_path / "architecture.json").write_text(json.dumps(whole["config"]))

    assert_answers(tmp_path, model)


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_a_normalisation_that_learned_its_mean_works_with_it(tmp_path: Path, library: str) -> None:
    """What it computes with is made of its weights once these are there."""
    keras = import_module(library)
    kinds = keras.layers
    measured = kinds.Normalization()
    measured.adapt(pictures() * 3 + 1)
    model = keras.Sequential([keras.Input(SHAPE), measured, kinds.Flatten(), kinds.Dense(5)])
    save_json_and_h5(model, tmp_path)

    assert_answers(tmp_path, model)


def test_a_saved_model_with_a_normalisation_that_learned_is_read(tmp_path: Path) -> None:
    """It brings the function that learned, which takes its pictures from an iterator."""
    import tf_keras

    kinds = tf_keras.layers
    measured = kinds.Normalization()
    measured.adapt(pictures())
    model = tf_keras.Sequential([tf_keras.Input(SHAPE), measured, kinds.Flatten(), kinds.Dense(5)])
    save_keras_graph(model, tmp_path)

    assert_answers(tmp_path, model)


def test_an_activation_given_as_a_function_of_tensorflow_is_read(tmp_path: Path) -> None:
    import tensorflow as tf
    import tf_keras

    softmax = tf_keras.layers.Dense(5, activation=tf.nn.softmax)
    model = tf_keras.Sequential([tf_keras.Input(SHAPE), tf_keras.layers.Flatten(), softmax])
    save_json_and_h5(model, tmp_path)
    config = json.loads((tmp_path / "architecture.json").read_text())
    config["config"]["layers"][-1]["config"]["activation"] = "softmax_v2"  # as TensorFlow 2.0 did
    (tmp_path / "architecture.json").write_text(json.dumps(config))

    loaded = assert_answers(tmp_path, model)
    assert loaded.mended == ("activations of TensorFlow by its own names",)


def reversed_channels(_: Any) -> Any:
    """What a preprocess_input of Keras 2 puts before a network: `x[..., ::-1]`, minus means."""
    import tf_keras

    picture = tf_keras.Input(SHAPE)
    x = tf_keras.applications.vgg16.preprocess_input(picture)
    x = tf_keras.layers.Conv2D(5, 3)(x)
    return tf_keras.Model(picture, tf_keras.layers.GlobalAveragePooling2D()(x))


def sliced(_: Any) -> Any:
    """Operations of Keras 3 between layers, with a slice."""
    import keras

    picture = keras.Input(SHAPE)
    x = keras.layers.SpatialDropout2D(0.1)(keras.layers.Conv2D(5, 3)(picture))
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.ops.concatenate([keras.ops.reshape(x, (-1, 5)), x[:, :2]], axis=-1)
    return keras.Model(picture, keras.layers.Dense(5)(x))


@pytest.mark.parametrize("save", [save_h5, save_json_and_h5])
@pytest.mark.parametrize("make", [reversed_channels, sliced])
def test_a_slice_between_layers_is_read(
    tmp_path: Path, make: Callable[[Any], Any], save: Save
) -> None:
    model = filled(make(None))
    save(model, tmp_path)

    assert_answers(tmp_path, model)


def attentive(keras: Any) -> Any:
    """Layers that are made of layers, inside of another model."""
    kinds = keras.layers
    entry = keras.Input((16, 36))
    x = kinds.Bidirectional(kinds.LSTM(2, return_sequences=True))(entry)
    x = kinds.MultiHeadAttention(2, 3)(x, x)
    inner = keras.Model(entry, kinds.Bidirectional(kinds.GRU(3))(x), name="inner")
    picture = keras.Input(SHAPE)
    x = inner(kinds.Reshape((16, 36))(picture))
    return keras.Model(picture, kinds.Dense(5)(x))


def thawed(keras: Any) -> Any:
    """A network to be tuned: its first layers are frozen, and their weights come last in files."""
    kinds = keras.layers
    entry = keras.Input((None, None, 3))
    x = kinds.Conv2D(4, 3, use_bias=False, name="conv1/conv")(entry)
    x = kinds.BatchNormalization(name="conv1/bn")(x)
    x = kinds.Conv2D(4, 3, use_bias=False, name="conv2/conv")(x)
    x = kinds.BatchNormalization(name="conv2/bn")(x)
    inner = keras.Model(entry, x, name="densenet")
    for layer in inner.layers[:3]:
        layer.trainable = False
    picture = keras.Input(SHAPE)
    x = kinds.GlobalAveragePooling2D()(inner(picture))
    return keras.Model(picture, kinds.Dense(5)(x))


@pytest.mark.parametrize(
    ("library", "make"), [("keras", attentive), ("tf_keras", attentive), ("tf_keras", thawed)]
)
def test_layers_of_layers_and_of_paths_inside_a_model_find_their_weights(
    tmp_path: Path, library: str, make: Callable[[Any], Any]
) -> None:
    model = filled(make(import_module(library)))
    save_json_and_h5(model, tmp_path)

    assert_answers(tmp_path, model)


def scaled(keras: Any) -> Any:
    """A layer that Keras keeps beside its InceptionResNetV2, and Keras 2 registers as custom."""
    kinds = keras.layers
    beside = import_module(f"{keras.__name__}.src.applications.inception_resnet_v2")
    picture = keras.Input(SHAPE)
    x = beside.CustomScaleLayer(0.17)([picture, kinds.Conv2D(3, 1)(picture)])
    return keras.Model(picture, kinds.Dense(5)(kinds.Flatten()(x)))


@pytest.mark.parametrize("save", [save_h5, save_json_and_h5, save_keras])
@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_a_layer_of_keras_own_applications_is_read(
    tmp_path: Path, library: str, save: Save
) -> None:
    model = filled(scaled(import_module(library)))
    save(model, tmp_path)

    assert_answers(tmp_path, model)


def attending_in_eights(keras: Any) -> Any:
    """Attention that writes down for which shapes it was built."""
    kinds = keras.layers
    picture = keras.Input(batch_shape=(8, *SHAPE))
    x = kinds.Reshape((16, 36))(picture)
    x = kinds.MultiHeadAttention(2, 3)(x, x)
    return keras.Model(picture, kinds.Dense(5)(kinds.Flatten()(x)))


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_attention_for_a_batch_of_eight_is_read(tmp_path: Path, library: str) -> None:
    model = filled(attending_in_eights(import_module(library)))
    save_json_and_h5(model, tmp_path)
    expected = np.asarray(model(np.resize(pictures(), (8, *SHAPE))))[:4]

    assert np.abs(answers(load(tmp_path).model) - expected).max() <= TOLERANCE


@pytest.mark.parametrize("save", [save_h5, save_json_and_nested_weights])
def test_channels_first_of_keras_3_with_noise_between_is_read(tmp_path: Path, save: Save) -> None:
    """Its calls say that they are no training, and its noise keeps a seed among the weights."""
    import keras

    kinds = keras.layers
    order = {"data_format": "channels_first"}
    picture = keras.Input((3, 16, 12))
    x = kinds.Dropout(0.3)(kinds.Conv2D(4, 3, **order)(picture))
    x = kinds.Dropout(0.2)(kinds.Flatten()(kinds.MaxPooling2D(2, **order)(x)))
    model = filled(keras.Model(picture, kinds.Dense(5)(x)))
    save(model, tmp_path)
    expected = np.asarray(model(pictures().transpose(0, 3, 1, 2)))

    assert np.abs(answers(load(tmp_path).model) - expected).max() <= TOLERANCE


ELSEWHERE = {
    "layers of TensorFlow.js": ({"modelTopology": {"class_name": "Model"}}, "tensorflowjs_conv"),
    "a graph of TensorFlow.js": (
        {"format": "graph-model", "modelTopology": {"node": []}},
        "cannot be turned back",
    ),
    "something else": (
        {"name": "left-pad", "version": "1.3.0"},
        r"write it with model.to_json\(\)",
    ),
}


@pytest.mark.parametrize(("described", "says"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_description_of_something_else_is_told_with_what_to_do(
    networks: Networks, tmp_path: Path, described: dict[str, Any], says: str
) -> None:
    save_json_and_h5(networks("tf_keras", "sequential"), tmp_path)
    (tmp_path / "architecture.json").write_text(json.dumps(described))

    with pytest.raises(UnreadableModel, match=says):
        inspect(tmp_path)


def numbered(first: int, hidden: int = 7) -> Any:
    """A Sequential whose layers bear the numbers that they got in some session."""
    import tf_keras

    kinds = tf_keras.layers
    layers = [kinds.Dense(hidden, name=f"dense_{first}"), kinds.Dense(5, name=f"dense_{first + 1}")]
    return filled(tf_keras.Sequential([tf_keras.Input(SHAPE), kinds.Flatten(), *layers]))


def test_numbers_of_another_session_are_no_contradiction(tmp_path: Path) -> None:
    model = numbered(2)
    save_json_and_h5(model, tmp_path)
    (tmp_path / "architecture.json").write_text(numbered(1).to_json())

    loaded = assert_answers(tmp_path, model)
    assert loaded.mended == ("weights found by the order of their layers",)


def test_widths_that_come_in_no_such_order_are_one(tmp_path: Path) -> None:
    save_json_and_h5(numbered(2), tmp_path)
    (tmp_path / "architecture.json").write_text(numbered(1, hidden=8).to_json())

    with pytest.raises(UnreadableModel, match="do not belong together"):
        inspect(tmp_path)


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_weights_in_half_precision_are_read(
    networks: Networks, tmp_path: Path, library: Any
) -> None:
    model = networks(library, "functional")
    save_json_and_h5(model, tmp_path)
    with h5py.File(tmp_path / "weights.h5", "a") as file:
        halve(file["model_weights"])

    loaded = load(tmp_path)

    assert np.abs(answers(loaded.model) - answers(model)).max() < 0.01
    for mine, theirs in zip(loaded.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs.astype(np.float16).astype(np.float32))


def halve(group: Any) -> None:
    for name, node in list(group.items()):
        if isinstance(node, h5py.Dataset):
            values = node[()].astype(np.float16)
            del group[name]
            group[name] = values
        else:
            halve(node)


def test_a_policy_of_tensorflow_2_3_with_its_loss_scale_is_read(
    networks: Networks, tmp_path: Path
) -> None:
    model = networks("tf_keras", "functional")
    save_json_and_h5(model, tmp_path)
    config = json.loads((tmp_path / "architecture.json").read_text())
    scale = {"initial_loss_scale": 32768.0, "increment_period": 2000, "multiplier": 2.0}
    policy = {
        "class_name": "PolicyV1",
        "config": {
            "name": "float32",
            "loss_scale": {"class_name": "DynamicLossScale", "config": scale},
        },
    }
    for part in list(objects(config)):
        for key in ("module", "registered_name", "build_config"):
            if "class_name" in part:
                part.pop(key, None)
        if part.get("class_name") == "Conv2D":
            part["config"]["dtype"] = policy
    config["keras_version"] = "2.4.0"
    (tmp_path / "architecture.json").write_text(json.dumps(config))

    assert_answers(tmp_path, model)
