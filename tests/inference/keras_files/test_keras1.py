"""Files in the shape of Keras 1 answer as Keras 1 did, on Theano and on TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.inference.keras_files import keras1
from tests.inference.keras_files.arithmetic import (
    convolve,
    gru,
    lstm,
    max_pool,
    normalise,
    pad,
    relu,
    softmax,
)
from tests.inference.keras_files.keras1 import Kernels, Layer
from tests.inference.keras_files.networks import pictures
from tests.inference.keras_files.written import (
    ORDERS,
    TENSORFLOW,
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


def picture_network(how: Kernels) -> Written:
    """Convolutions, normalisation, padding, pooling, and a Flatten before the Dense."""
    one, one_bias = some(3, 3, 3, 4), some(4)
    two, two_bias = some(3, 3, 4, 6), some(6)
    parts = [positive(4), some(4), some(4), positive(4)]
    last, last_bias = some(6 * 4 * 6, 5), some(5)
    x = relu(convolve(pictures(), one) + one_bias)
    x = max_pool(pad(normalise(x, parts, 1e-5), 1))
    x = relu(convolve(x, two) + two_bias)
    answers = softmax(flattened(x, how) @ last + last_bias)
    order = how.ordering
    layers = [
        keras1.convolution(
            "convolution2d_1",
            one,
            one_bias,
            how,
            batch_input_shape=[None, *shape(how)],
            input_dtype="float32",
        ),
        keras1.normalisation("batchnormalization_1", parts, axis(how)),
        keras1.plain("ZeroPadding2D", "zeropadding2d_1", padding=[1, 1]),
        keras1.plain(
            "MaxPooling2D",
            "maxpooling2d_1",
            pool_size=[2, 2],
            strides=[2, 2],
            border_mode="valid",
            dim_ordering=order,
        ),
        keras1.convolution("convolution2d_2", two, two_bias, how, activation="linear"),
        keras1.plain("Activation", "activation_1", activation="relu"),
        keras1.plain("Dropout", "dropout_1", p=0.5),
        keras1.plain("Flatten", "flatten_1"),
        keras1.dense("dense_1", last, last_bias),
    ]
    return Written(keras1.sequential(layers), layers, answers)


def padding_network(how: Kernels) -> Written:
    """Convolutions that begin a half kernel before the picture, as Theano's do, and stride on."""
    one, one_bias, two, two_bias = some(3, 3, 3, 4), some(4), some(2, 2, 4, 6), some(6)
    last, last_bias = some(6, 5), some(5)
    x = relu(convolve(pad(pictures(), 1), one)[:, ::2, ::2] + one_bias)
    x = relu(convolve(pad(x, 1), two)[:, : x.shape[1], : x.shape[2]] + two_bias)
    answers = softmax(x.mean((1, 2)) @ last + last_bias)
    layers = [
        keras1.convolution(
            "convolution2d_1",
            one,
            one_bias,
            how,
            batch_input_shape=[None, *shape(how)],
            border_mode="same",
            subsample=[2, 2],
        ),
        keras1.convolution("convolution2d_2", two, two_bias, how, border_mode="same"),
        keras1.plain("GlobalAveragePooling2D", "pooled", dim_ordering=how.ordering),
        keras1.dense("dense_1", last, last_bias),
    ]
    return Written(keras1.sequential(layers), layers, answers)


@pytest.mark.parametrize("how", [THEANO, Kernels("tf", theano=True)], ids=["first", "last"])
def test_what_theano_padded_is_padded_as_it_did(tmp_path: Path, how: Kernels) -> None:
    written = padding_network(how)
    keras1.write_whole(tmp_path, written.config, written.layers, "theano")
    loaded = assert_answers(tmp_path, written)
    assert "zeros as Theano put them around the input of 'convolution2d_2'" in loaded.mended


def merge(name: str, mode: str, concat_axis: int = -1) -> Layer:
    config = {
        "arguments": {},
        "concat_axis": concat_axis,
        "dot_axes": -1,
        "mode": mode,
        "mode_type": "raw",
        "name": name,
        "output_mask": None,
        "output_mask_type": "raw",
        "output_shape": None,
        "output_shape_type": "raw",
    }
    return Layer("Merge", config)


def merging_network(how: Kernels) -> Written:
    """A functional model that merges in every way, on pictures and on vectors."""
    one, one_bias, two, two_bias = some(3, 3, 3, 4), some(4), some(3, 3, 3, 4), some(4)
    last, last_bias = some(16, 5), some(5)
    left = relu(convolve(pictures(), one) + one_bias)
    right = relu(convolve(pictures(), two) + two_bias)
    pooled = np.concatenate([left, right], axis=-1).mean((1, 2))
    highest = np.maximum(left + right, left * right).max((1, 2))
    average = ((left + right) / 2).mean((1, 2))
    answers = softmax(np.concatenate([pooled, highest, average], axis=1) @ last + last_bias)
    order = how.ordering
    layers: list[tuple[Layer, list[str]]] = [
        (keras1.entry("input_1", shape(how)), []),
        (keras1.convolution("left", one, one_bias, how), ["input_1"]),
        (keras1.convolution("right", two, two_bias, how), ["input_1"]),
        (merge("both", "concat", axis(how)), ["left", "right"]),
        (merge("sum", "sum"), ["left", "right"]),
        (merge("product", "mul"), ["left", "right"]),
        (merge("larger", "max"), ["sum", "product"]),
        (merge("mean", "ave"), ["left", "right"]),
        (keras1.plain("GlobalAveragePooling2D", "pooled", dim_ordering=order), ["both"]),
        (keras1.plain("GlobalMaxPooling2D", "highest", dim_ordering=order), ["larger"]),
        (keras1.plain("GlobalAveragePooling2D", "average", dim_ordering=order), ["mean"]),
        (merge("all", "concat", 1), ["pooled", "highest", "average"]),
        (keras1.dense("dense_1", last, last_bias), ["all"]),
    ]
    config = keras1.functional(layers, ["input_1"], ["dense_1"])
    return Written(config, [layer for layer, _ in layers], answers)


_RECURRENT = {
    "activation": "tanh",
    "b_regularizer": None,
    "consume_less": "cpu",
    "dropout_U": 0.0,
    "dropout_W": 0.0,
    "go_backwards": False,
    "init": "glorot_uniform",
    "inner_activation": "hard_sigmoid",
    "inner_init": "orthogonal",
    "input_length": None,
    "stateful": False,
    "unroll": False,
    "U_regularizer": None,
    "W_regularizer": None,
}


def gates(name: str, order: str, width: int, units: int) -> tuple[list[Any], dict[str, Any]]:
    """One kernel, recurrent kernel and bias for each gate, stored one by one."""
    parts = {gate: (some(width, units), some(units, units), some(units)) for gate in order}
    stored = [
        (f"{name}_{part}_{gate}", array)
        for gate in order
        for part, array in zip("WUb", parts[gate], strict=True)
    ]
    return stored, parts


def recurrent_network(_: Kernels) -> Written:
    """An LSTM of twelve weights and a GRU of nine, with the hard sigmoid of old."""
    first, long = gates("lstm_1", "icfo", 36, 4)
    second, short = gates("gru_1", "zrh", 4, 3)
    last, last_bias = some(3, 5), some(5)
    x = lstm(pictures().reshape(4, 16, 36), long)
    answers = softmax(gru(x, short) @ last + last_bias)
    layers = [
        keras1.plain(
            "Reshape", "reshape_1", target_shape=[16, 36], batch_input_shape=[None, 16, 12, 3]
        ),
        Layer(
            "LSTM",
            {
                **_RECURRENT,
                "forget_bias_init": "one",
                "input_dim": 36,
                "name": "lstm_1",
                "output_dim": 4,
                "return_sequences": True,
            },
            first,
        ),
        Layer(
            "GRU",
            {
                **_RECURRENT,
                "input_dim": 4,
                "name": "gru_1",
                "output_dim": 3,
                "return_sequences": False,
            },
            second,
        ),
        keras1.dense("dense_1", last, last_bias),
    ]
    return Written(keras1.sequential(layers), layers, answers)


def branching_network(how: Kernels) -> Written:
    """A Sequential inside a functional model, called once."""
    one, one_bias, last, last_bias = some(3, 3, 3, 4), some(4), some(4 * 14 * 10, 5), some(5)
    answers = softmax(flattened(relu(convolve(pictures(), one) + one_bias), how) @ last + last_bias)
    inner = [
        keras1.convolution(
            "convolution2d_1", one, one_bias, how, batch_input_shape=[None, *shape(how)]
        ),
        keras1.plain("Flatten", "flatten_1"),
    ]
    described = {**keras1.sequential(inner), "name": "sequential_1", "inbound_nodes": []}
    described["inbound_nodes"] = [[["input_1", 0, 0]]]
    described.pop("keras_version")
    outer = keras1.functional(
        [
            (keras1.entry("input_1", shape(how)), []),
            (keras1.dense("dense_1", last, last_bias), ["sequential_1"]),
        ],
        ["input_1"],
        ["dense_1"],
    )
    described_layers = outer["config"]["layers"]
    described_layers[1]["inbound_nodes"] = [[["sequential_1", 1, 0]]]
    described_layers.insert(1, described)
    model = Layer("Sequential", {"name": "sequential_1"}, inner[0].weights)
    return Written(outer, [model, keras1.dense("dense_1", last, last_bias)], answers)


NETWORKS: dict[str, Callable[[Kernels], Written]] = {
    "picture": picture_network,
    "merging": merging_network,
    "nested": branching_network,
}


@pytest.mark.parametrize("how", ORDERS.values(), ids=ORDERS.keys())
@pytest.mark.parametrize("name", NETWORKS)
def test_a_whole_model_whose_backend_is_known_answers_as_it_did(
    tmp_path: Path, name: str, how: Kernels
) -> None:
    written = NETWORKS[name](how)
    backend = "theano" if how.theano else "tensorflow"
    keras1.write_whole(tmp_path, written.config, written.layers, backend)
    assert_answers(tmp_path, written)


@pytest.mark.parametrize("how", ORDERS.values(), ids=ORDERS.keys())
def test_without_a_backend_the_names_of_the_weights_tell_it(tmp_path: Path, how: Kernels) -> None:
    written = picture_network(how)
    names: keras1.Names = "theano" if how.theano else "tensorflow"
    keras1.write_json_and_weights(tmp_path, written.config, written.layers, names)
    loaded = assert_answers(tmp_path, written)
    assert any("Theano's names" in words for words in loaded.mended) == how.theano


@pytest.mark.parametrize("how", [THEANO, TENSORFLOW], ids=["channels first", "channels last"])
@pytest.mark.parametrize("name", NETWORKS)
def test_without_a_backend_or_names_channels_first_is_taken_for_theanos(
    tmp_path: Path, name: str, how: Kernels
) -> None:
    written = NETWORKS[name](how)
    keras1.write_json_and_weights(tmp_path, written.config, written.layers, "numbered")
    loaded = assert_answers(tmp_path, written)
    assert any("channels first in Keras 1" in words for words in loaded.mended) == how.theano


def retired_network(_: Kernels) -> Written:
    """The layers that Keras dropped after version 1, one after the other."""
    x = pictures().reshape(4, -1)
    maxout, maxout_bias = some(3, x.shape[1], 6), some(3, 6)
    x = (np.einsum("ni,kio->nko", x, maxout) + maxout_bias).max(1)
    high, gate, high_bias, gate_bias = some(6, 6), some(6, 6), some(6), some(6)
    opened = 1 / (1 + np.exp(-(x @ gate + gate_bias)))
    x = np.tanh(x @ high + high_bias) * opened + (1 - opened) * x
    alphas, betas = some(6), some(6)
    x = np.log1p(np.exp(betas * x)) * alphas
    left, below, width, above = some(6), some(6), some(6), some(6)
    right = left + np.abs(width)
    x = np.where(
        x < left, left + below * (x - left), np.where(x > right, right + above * (x - right), x)
    )
    last, last_bias = some(6, 5), some(5)
    answers = np.asarray(softmax(x @ last + last_bias), np.float32)
    layers = [
        keras1.plain("Flatten", "flatten_1", batch_input_shape=[None, 16, 12, 3]),
        keras1.learned(
            "MaxoutDense",
            {"name": "maxoutdense_1", "nb_feature": 3, "output_dim": 6, "input_dim": None},
            {"W": maxout, "b": maxout_bias},
        ),
        keras1.learned(
            "Highway",
            {"activation": "tanh", "name": "highway_1", "transform_bias": -2, "input_dim": 6},
            {"W": high, "W_carry": gate, "b": high_bias, "b_carry": gate_bias},
        ),
        keras1.plain_learned(
            "ParametricSoftplus",
            {"alpha_init": 0.2, "beta_init": 5.0, "name": "parametricsoftplus_1"},
            {"alphas": alphas, "betas": betas},
        ),
        keras1.plain_learned(
            "SReLU",
            {
                "a_left_init": "glorot_uniform",
                "a_right_init": "one",
                "name": "srelu_1",
                "shared_axes": None,
                "t_left_init": "zero",
                "t_right_init": "glorot_uniform",
            },
            {"t_left": left, "a_left": below, "t_right": width, "a_right": above},
        ),
        keras1.dense("dense_1", last, last_bias),
    ]
    return Written(keras1.sequential(layers), layers, answers)


@pytest.mark.parametrize("gates_last", [True, False], ids=["as 1.2 stored it", "as 1.0 stored it"])
def test_layers_that_keras_dropped_answer_as_they_did(tmp_path: Path, gates_last: bool) -> None:
    written = retired_network(TENSORFLOW)
    highway = next(layer for layer in written.layers if layer.kind == "Highway")
    kernel, gate, bias, gate_bias = highway.weights
    stored = (kernel, gate, bias, gate_bias) if gates_last else (kernel, bias, gate, gate_bias)
    layers = [replace(each, weights=stored) if each is highway else each for each in written.layers]
    keras1.write_whole(tmp_path, written.config, layers)
    assert_answers(tmp_path, written)


@pytest.mark.parametrize("write", [keras1.write_whole, keras1.write_json_and_weights])
def test_recurrent_layers_with_a_weight_for_each_gate_answer_as_they_did(
    tmp_path: Path, write: Any
) -> None:
    written = recurrent_network(TENSORFLOW)
    write(tmp_path, written.config, written.layers)
    assert_answers(tmp_path, written)
