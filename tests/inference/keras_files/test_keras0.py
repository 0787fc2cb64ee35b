"""Keras 0, and what Keras 1 left unsaid or computed otherwise: files that answer as they did."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from inference.errors import UnreadableModel
from inference.keras_files import inspect, load
from tests.inference.keras_files import keras0, keras1
from tests.inference.keras_files.arithmetic import Array, convolve, max_pool, pad, relu, softmax
from tests.inference.keras_files.keras1 import Kernels, Layer
from tests.inference.keras_files.networks import pictures
from tests.inference.keras_files.written import (
    ORDERS,
    THEANO,
    Written,
    assert_answers,
    axis,
    flattened,
    positive,
    shape,
    some,
)

pytestmark = pytest.mark.tensorflow


def normalised(x: Array, parts: list[Array], epsilon: float) -> Array:
    """What Keras computed until 1.0.4; the last part is a deviation."""
    gamma, beta, mean, deviation = parts
    return np.asarray((x - mean) / (deviation + epsilon) * gamma + beta, np.float32)


def network_of_keras_0() -> tuple[list[keras0.Layer], Array]:
    """A classifier of the year 2015, and its answers to the pictures."""
    kernel, bias, last, last_bias = some(3, 3, 3, 4), some(4), some(4 * 8 * 6, 5), some(5)
    parts = [positive(4), some(4), some(4), np.array([0, 1e-4, 0.5, 2], np.float32)]
    x = pad(relu(convolve(pictures(), kernel) + bias), 1)
    x = max_pool(normalised(x, parts, 1e-6))
    answers = softmax(flattened(x, THEANO) @ last + last_bias)
    convolution = {
        **keras0.TRAINING,
        "activation": "linear",
        "border_mode": "valid",
        "dim_ordering": "th",
        "input_shape": [3, 16, 12],
        "nb_col": 3,
        "nb_filter": 4,
        "nb_row": 3,
        "subsample": [1, 1],
    }
    normalisation = {"axis": 1, "epsilon": 1e-06, "mode": 0, "momentum": 0.9}
    pool = {"border_mode": "valid", "dim_ordering": "th", "pool_size": [2, 2], "strides": [2, 2]}
    dense = {**keras0.TRAINING, "activation": "linear", "input_dim": None, "output_dim": 5}
    layers: list[keras0.Layer] = [
        ("Convolution2D", convolution, [THEANO.stored(kernel), bias]),
        ("Activation", {"activation": "relu"}, []),
        ("ZeroPadding2D", {"padding": [1, 1]}, []),
        ("BatchNormalization", normalisation, parts),
        ("MaxPooling2D", pool, []),
        ("Dropout", {"p": 0.25}, []),
        ("Flatten", {}, []),
        ("Dense", dense, [last, last_bias]),
        ("Activation", {"activation": "softmax"}, []),
    ]
    return layers, answers


def test_a_network_of_keras_0_answers_as_it_did(tmp_path: Path) -> None:
    layers, answers = network_of_keras_0()
    keras0.write(tmp_path, layers)
    loaded = assert_answers(tmp_path, Written({}, [], answers), "Keras 0")
    assert "normalisations that stored a deviation, not a variance" in loaded.mended
    assert inspect(tmp_path).output_width == 5


def test_weights_in_numbered_groups_go_to_a_description_of_keras_1(tmp_path: Path) -> None:
    """As networks trained with Keras 0 were passed on: their weights, and a newer description."""
    last, last_bias = some(16 * 12 * 3, 5), some(5)
    layers = [
        keras1.plain("Flatten", "flatten_1", batch_input_shape=[None, 16, 12, 3]),
        keras1.dense("dense_1", last, last_bias),
    ]
    config = keras1.sequential(layers)
    (tmp_path / "architecture.json").write_text(json.dumps(config))
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        for place, weights in enumerate([[], [last, last_bias]]):
            group = file.create_group(f"layer_{place}")
            for number, array in enumerate(weights):
                group.create_dataset(f"param_{number}", data=array)
    answers = softmax(pictures().reshape(4, -1) @ last + last_bias)
    assert_answers(tmp_path, Written(config, layers, answers))


def test_a_graph_of_keras_0_is_refused_by_its_name(tmp_path: Path) -> None:
    layers, _ = network_of_keras_0()
    keras0.write(tmp_path, layers)
    graph = {"name": "Graph", "input_config": [], "node_config": [], "nodes": {}}
    (tmp_path / "architecture.json").write_text(json.dumps(graph))
    with pytest.raises(
        UnreadableModel, match=r"json, written by Keras 0, is of class Graph, which"
    ):
        inspect(tmp_path)


def silent_network(how: Kernels) -> Written:
    """The layers that Keras 1 saved without their dimension ordering."""
    kernel, bias, last, last_bias = some(3, 3, 3, 4), some(4), some(4, 5), some(5)
    x = pictures()[:, 1:, :-2].repeat(2, axis=1).repeat(2, axis=2)
    x = np.pad(x, ((0, 0), (1, 2), (3, 0), (0, 0)))
    x = relu(convolve(x, kernel) + bias)
    answers = softmax(x.mean((1, 2)) @ last + last_bias)
    first = {"cropping": [[1, 0], [0, 2]], "batch_input_shape": [None, *shape(how)]}
    layers = [
        keras1.plain("Cropping2D", "cropping2d_1", **first),
        keras1.plain("UpSampling2D", "upsampling2d_1", size=[2, 2]),
        keras1.plain("ZeroPadding2D", "zeropadding2d_1", padding=[1, 2, 3, 0]),
        keras1.convolution("convolution2d_1", kernel, bias, how),
        keras1.plain("GlobalAveragePooling2D", "pooled", dim_ordering=how.ordering),
        keras1.dense("dense_1", last, last_bias),
    ]
    return Written(keras1.sequential(layers), layers, answers)


@pytest.mark.parametrize("how", ORDERS.values(), ids=ORDERS.keys())
def test_layers_that_say_no_ordering_have_that_of_the_others(tmp_path: Path, how: Kernels) -> None:
    written = silent_network(how)
    backend = "theano" if how.theano else "tensorflow"
    keras1.write_whole(tmp_path, written.config, written.layers, backend)
    assert_answers(tmp_path, written)


def test_a_layer_that_says_no_ordering_among_layers_that_differ_is_refused(tmp_path: Path) -> None:
    written = silent_network(THEANO)
    written.config["config"][4]["config"]["dim_ordering"] = "tf"
    keras1.write_whole(tmp_path, written.config, written.layers)
    with pytest.raises(UnreadableModel, match=r"Keras 1.2.2, cannot .* 'cropping2d_1' of class"):
        load(tmp_path)


def spread_network(version: str | None, said: bool, how: Kernels) -> Written:
    """A normalisation whose last weight is a deviation until 1.0.4, and a variance later."""
    parts = [positive(3), some(3), some(3), positive(3)]
    last, last_bias = some(3, 5), some(5)
    spread = parts[3] if said else parts[3] ** 2  # the variance, if it is not one
    x = (pictures() - parts[2]) / np.sqrt(spread) * parts[0] + parts[1]
    answers = softmax(np.asarray(x.mean((1, 2)) @ last + last_bias, np.float32))
    normal = keras1.normalisation("batchnormalization_1", parts, axis(how))
    left_out = set() if said else {"gamma_regularizer", "beta_regularizer"}
    config = {key: value for key, value in normal.config.items() if key not in left_out}
    config |= {"batch_input_shape": [None, *shape(how)], "epsilon": 1e-8}
    layers = [
        replace(normal, config=config),
        keras1.plain("GlobalAveragePooling2D", "pooled", dim_ordering=how.ordering),
        keras1.dense("dense_1", last, last_bias),
    ]
    described = {**keras1.sequential(layers), "keras_version": version}
    return Written(described, layers, answers)


@pytest.mark.parametrize(
    ("version", "said"), [(None, False), ("1.0.4", False), (None, True), ("1.0.5", True)]
)
def test_what_a_normalisation_stored_is_told_by_its_version_or_its_arguments(
    tmp_path: Path, version: str | None, said: bool
) -> None:
    written = spread_network(version, said, THEANO)
    keras1.write_json_and_weights(tmp_path, written.config, written.layers, "theano")
    loaded = assert_answers(tmp_path, written, f"Keras {version or '1 (no version given)'}")
    assert any("stored a deviation" in words for words in loaded.mended) != said


@pytest.mark.parametrize("rooted", [False, True], ids=["until 1.0.4", "later"])
def test_a_normalisation_of_each_picture_by_itself_answers_as_it_did(
    tmp_path: Path, rooted: bool
) -> None:
    parts = [positive(3), some(3), some(3), positive(3)]
    last, last_bias = some(3, 5), some(5)
    x = pictures()
    spread = np.sqrt(x.var(-1, keepdims=True) + 0.01 * rooted) + 0.01
    x = (x - x.mean(-1, keepdims=True)) / spread * parts[0] + parts[1]
    answers = softmax(np.asarray(x.mean((1, 2)) @ last + last_bias, np.float32))
    normal = keras1.normalisation("batchnormalization_1", parts, -1)
    config = {**normal.config, "mode": 1, "epsilon": 0.01, "batch_input_shape": [None, 16, 12, 3]}
    if not rooted:
        del config["gamma_regularizer"]
    layers = [
        replace(normal, config=config),
        keras1.plain("GlobalAveragePooling2D", "pooled", dim_ordering="tf"),
        keras1.dense("dense_1", last, last_bias),
    ]
    keras1.write_json_and_weights(tmp_path, keras1.sequential(layers), layers)
    assert_answers(tmp_path, Written({}, layers, answers))


def pooled_as_by_theano(x: Array, size: int, step: int) -> Array:
    """`pool2d` of Keras 1's Theano backend with `same`: what lies outside does not count."""
    before = size - 2 if size % 2 else size - 1
    rows, columns = x.shape[1:3]
    places = [
        [(max(0, at * step - before), at * step - before + size) for at in range(-(-end // step))]
        for end in (rows, columns)
    ]
    return np.stack(
        [
            np.stack(
                [x[:, top:bottom, left:right].max((1, 2)) for left, right in places[1]], axis=1
            )
            for top, bottom in places[0]
        ],
        axis=1,
    )


def pooling_network(how: Kernels, kind: str = "MaxPooling2D", size: int = 2) -> Written:
    """Pools that Theano aligned in its own way, of numbers below zero too."""
    x = pooled_as_by_theano(pictures(), 3, 2)
    x = pooled_as_by_theano(pooled_as_by_theano(x, size, 2), 3, 1)
    last, last_bias = some(x[0].size, 5), some(5)
    answers = softmax(flattened(x, how) @ last + last_bias)

    def pool(number: int, places: int, step: int, kind: str, **more: Any) -> Layer:
        said = {"pool_size": [places, places], "strides": [step, step], "border_mode": "same"}
        said |= {"dim_ordering": how.ordering}
        return keras1.plain(kind, f"maxpooling2d_{number}", **said, **more)

    layers = [
        pool(1, 3, 2, "MaxPooling2D", batch_input_shape=[None, *shape(how)]),
        pool(2, size, 2, kind),
        pool(3, 3, 1, "MaxPooling2D"),
        keras1.plain("Flatten", "flatten_1"),
        keras1.dense("dense_1", last, last_bias),
    ]
    return Written(keras1.sequential(layers), layers, answers)


@pytest.mark.parametrize("how", [THEANO, Kernels("tf", theano=True)], ids=["first", "last"])
def test_what_theano_pooled_over_its_border_is_pooled_as_it_did(
    tmp_path: Path, how: Kernels
) -> None:
    written = pooling_network(how)
    keras1.write_whole(tmp_path, written.config, written.layers, "theano")
    loaded = assert_answers(tmp_path, written)
    said = [words for words in loaded.mended if "border as Theano" in words]
    assert [words.rpartition(" ")[2] for words in said] == ["'maxpooling2d_1'", "'maxpooling2d_2'"]


@pytest.mark.parametrize(("kind", "size"), [("AveragePooling2D", 2), ("MaxPooling2D", 4)])
def test_a_pool_that_only_theano_has_is_refused_by_its_name(
    tmp_path: Path, kind: str, size: int
) -> None:
    written = pooling_network(THEANO, kind, size)
    keras1.write_whole(tmp_path, written.config, written.layers, "theano")
    with pytest.raises(
        UnreadableModel, match=rf"'maxpooling2d_2' \({kind}\) pools {size} × {size}"
    ):
        load(tmp_path)
