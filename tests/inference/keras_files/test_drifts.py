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

from inference.errors import UnreadableModel
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


def a_batch_of_eight(config: Config) -> None:
    """What stops the library's own reader; some layers take arguments that they do not name."""
    for part in layers(config):
        if isinstance(part["config"], dict) and "batch_input_shape" in part["config"]:
            part["config"]["batch_input_shape"][0] = 8


def noise_of_efficientnet(config: Config) -> None:
    """The package of EfficientNet that many used with Keras 2 had a Dropout of its own."""
    without_modules(config)
    for part in layers(config):
        if part["class_name"] == "Dropout":
            part["class_name"] = "FixedDropout"
            part["config"]["noise_shape"] = [None, 1, 1, 1]


def initialisers_of_its_own(config: Config) -> None:
    without_modules(config)
    for part in objects(config):
        if "kernel_initializer" in part:
            part["kernel_initializer"] = {"class_name": "ConvInitializer", "config": {}}


def built_for_a_shape(config: Config) -> None:
    """A Sequential whose first layer says nothing, which learned its shape from pictures."""
    without_modules(config)
    [entry, *rest] = config["config"]["layers"]
    shape = entry["config"]["batch_input_shape"]
    config["config"] |= {"layers": rest, "build_input_shape": [8, *shape[1:]]}


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
    "recurrent layers for a batch of eight": ("recurrent", a_batch_of_eight),
    "a Dropout of EfficientNet's": ("sequential", noise_of_efficientnet),
    "initialisers of its own": ("functional", initialisers_of_its_own),
    "built for a shape": ("sequential", built_for_a_shape),
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
    assert inspect(tmp_path).input_shape == (16, 12, 3)
    assert np.abs(answers(load(tmp_path).model) - answers(model)).max() <= TOLERANCE


def test_a_network_that_nobody_told_its_shape_is_refused_with_what_to_write(
    networks: Networks, tmp_path: Path
) -> None:
    model = networks("tf_keras", "sequential")
    config = json.loads(model.to_json())
    built_for_a_shape(config)
    del config["config"]["build_input_shape"]
    save_json_and_h5(model, tmp_path)
    (tmp_path / "architecture.json").write_text(json.dumps(config))
    with pytest.raises(UnreadableModel, match=r"'conv2d.*\"batch_input_shape\": \[null, 224"):
        load(tmp_path)


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


def test_an_activation_that_keras_has_not_is_named(networks: Networks, tmp_path: Path) -> None:
    config = json.loads(networks("tf_keras", "sequential").to_json())
    for part in layers(config):
        if part["class_name"] == "Conv2D":
            part["config"]["activation"] = "h_swish"
    save_json_and_h5(networks("tf_keras", "sequential"), tmp_path)
    (tmp_path / "architecture.json").write_text(json.dumps(config))
    with pytest.raises(UnreadableModel, match=r"layer 'conv2d.*'h_swish'") as refused:
        load(tmp_path)
    assert len(str(refused.value)) < 500


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
