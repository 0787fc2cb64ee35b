"""Mending as tables: a layer or a model of old on the left, what is built today on the right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from inference.errors import UnreadableModel
from inference.keras_files.documents import Config
from inference.keras_files.kernels import from_keras_1, turned
from inference.keras_files.mending.arguments import put_right, without_unknown
from inference.keras_files.mending.keras1 import merge_layer, translate_layer
from inference.keras_files.mending.models import canonical

KERAS_1: dict[str, tuple[str, Config, str, Config]] = {
    "Convolution2D": (
        "Convolution2D",
        {"nb_filter": 8, "nb_row": 3, "nb_col": 5, "border_mode": "same", "subsample": [2, 2]},
        "Conv2D",
        {"filters": 8, "kernel_size": [3, 5], "padding": "same", "strides": [2, 2]},
    ),
    "dimension ordering": (
        "MaxPooling2D",
        {"pool_size": [2, 2], "dim_ordering": "th"},
        "MaxPooling2D",
        {"pool_size": [2, 2], "data_format": "channels_first"},
    ),
    "Convolution1D": (
        "Convolution1D",
        {"nb_filter": 8, "filter_length": 3, "subsample_length": 2, "input_dim": 4, "bias": False},
        "Conv1D",
        {"filters": 8, "kernel_size": 3, "strides": 2, "use_bias": False},
    ),
    "Convolution3D": (
        "Convolution3D",
        {"nb_filter": 2, "kernel_dim1": 1, "kernel_dim2": 2, "kernel_dim3": 3},
        "Conv3D",
        {"filters": 2, "kernel_size": [1, 2, 3]},
    ),
    "AtrousConvolution2D": (
        "AtrousConvolution2D",
        {"nb_filter": 2, "nb_row": 3, "nb_col": 3, "atrous_rate": [2, 2]},
        "Conv2D",
        {"filters": 2, "kernel_size": [3, 3], "dilation_rate": [2, 2]},
    ),
    "Deconvolution2D": (
        "Deconvolution2D",
        {"nb_filter": 2, "nb_row": 3, "nb_col": 3, "output_shape": [None, 8, 8, 2]},
        "Conv2DTranspose",
        {"filters": 2, "kernel_size": [3, 3]},
    ),
    "MaxPooling1D": (
        "MaxPooling1D",
        {"pool_length": 2, "stride": 2, "border_mode": "valid"},
        "MaxPooling1D",
        {"pool_size": 2, "strides": 2, "padding": "valid"},
    ),
    "Dense": (
        "Dense",
        {"output_dim": 10, "init": "uniform", "W_regularizer": None, "input_dim": 3},
        "Dense",
        {"units": 10, "kernel_initializer": "uniform", "kernel_regularizer": None},
    ),
    "MaxoutDense": (
        "MaxoutDense",
        {"output_dim": 4, "nb_feature": 3, "bias": False, "init": "uniform", "b_constraint": None},
        "MaxoutDense",
        {"units": 4, "nb_feature": 3, "use_bias": False},
    ),
    "Dropout": ("Dropout", {"p": 0.5}, "Dropout", {"rate": 0.5}),
    "Dropout by a text": ("Dropout", {"p": "0.5"}, "Dropout", {"rate": 0.5}),
    "GaussianNoise": ("GaussianNoise", {"sigma": 0.1}, "GaussianNoise", {"stddev": 0.1}),
    "UpSampling1D": ("UpSampling1D", {"length": 3}, "UpSampling1D", {"size": 3}),
    "BatchNormalization": (
        "BatchNormalization",
        {"mode": 0, "axis": 1, "epsilon": 1e-6, "gamma_init": "one", "beta_init": "zero"},
        "BatchNormalization",
        {"axis": 1, "epsilon": 1e-6},
    ),
    "Embedding": (
        "Embedding",
        {"input_dim": 9, "output_dim": 3, "input_length": 4, "W_constraint": None, "dropout": 0.0},
        "Embedding",
        {"input_dim": 9, "output_dim": 3, "input_length": 4, "embeddings_constraint": None},
    ),
    "LSTM": (
        "LSTM",
        {
            "output_dim": 4,
            "inner_activation": "hard_sigmoid",
            "inner_init": "orthogonal",
            "forget_bias_init": "one",
            "dropout_W": 0.1,
            "dropout_U": 0.2,
            "consume_less": "gpu",
        },
        "LSTM",
        {
            "units": 4,
            "recurrent_activation": "hard_sigmoid",
            "recurrent_initializer": "orthogonal",
            "dropout": 0.1,
            "recurrent_dropout": 0.2,
        },
    ),
    "ZeroPadding2D of four": (
        "ZeroPadding2D",
        {"padding": [1, 2, 3, 4]},
        "ZeroPadding2D",
        {"padding": [[1, 2], [3, 4]]},
    ),
    "ZeroPadding1D by name": (
        "ZeroPadding1D",
        {"padding": {"left_pad": 2}},
        "ZeroPadding1D",
        {"padding": [2, 0]},
    ),
    "ZeroPadding2D by name": (
        "ZeroPadding2D",
        {"padding": {"top_pad": 1, "right_pad": 4}},
        "ZeroPadding2D",
        {"padding": [[1, 0], [0, 4]]},
    ),
}


@pytest.mark.parametrize(("name", "old", "by", "new"), KERAS_1.values(), ids=KERAS_1)
def test_a_layer_of_keras_1_is_said_in_keras_2s_words(
    name: str, old: Config, by: str, new: Config
) -> None:
    assert translate_layer(name, old) == (by, new)


GONE: dict[str, tuple[str, Config, str]] = {
    "normalisation by the batch": ("BatchNormalization", {"name": "b", "mode": 2}, "mode 2"),
    "Theano's border": ("Convolution2D", {"name": "c", "border_mode": "full"}, "'full'"),
}


@pytest.mark.parametrize(("name", "config", "says"), GONE.values(), ids=GONE)
def test_what_later_keras_cannot_say_is_refused_by_name(
    name: str, config: Config, says: str
) -> None:
    with pytest.raises(UnreadableModel) as refused:
        translate_layer(name, config)
    assert says in str(refused.value)


MERGES: dict[str, tuple[Config, str, Config]] = {
    "sum": ({"mode": "sum"}, "Add", {}),
    "concat": ({"mode": "concat", "concat_axis": 1}, "Concatenate", {"axis": 1}),
    "ave": ({"mode": "ave"}, "Average", {}),
    "dot": ({"mode": "dot", "dot_axes": [[1], [2]]}, "Dot", {"axes": [1, 2], "normalize": False}),
    "cos": ({"mode": "cos", "dot_axes": 1}, "Dot", {"axes": 1, "normalize": True}),
}


@pytest.mark.parametrize(("config", "kind", "rest"), MERGES.values(), ids=MERGES)
def test_a_merge_is_the_layer_that_does_it_today(config: Config, kind: str, rest: Config) -> None:
    assert merge_layer({"name": "m", **config}) == (kind, {"name": "m", **rest})


def test_a_merge_of_no_known_mode_is_refused() -> None:
    with pytest.raises(UnreadableModel, match="way of its own"):
        merge_layer({"name": "m", "mode": "<lambda>"})


RULES: dict[str, tuple[str, Config, str, Config]] = {
    "policy": (
        "Dense",
        {"dtype": {"class_name": "Policy", "config": {"name": "mixed_float16"}}},
        "Dense",
        {"dtype": "mixed_float16"},
    ),
    "wrapped number": (
        "LeakyReLU",
        {"alpha": {"type": "ndarray", "value": 0.1}},
        "LeakyReLU",
        {"alpha": 0.1},
    ),
    "axis": ("BatchNormalization", {"axis": [3]}, "BatchNormalization", {"axis": 3}),
    "an embedding's type": ("Embedding", {"dtype": "int32"}, "Embedding", {"dtype": "float32"}),
    "groups": ("DepthwiseConv2D", {"groups": 1}, "DepthwiseConv2D", {}),
    "groups that mean something": ("Conv2D", {"groups": 2}, "Conv2D", {"groups": 2}),
    "GRU of old": ("GRU", {"units": 3}, "GRU", {"reset_after": False, "units": 3}),
    "GRU on a GPU": (
        "CuDNNGRU",
        {"units": 3},
        "GRU",
        {"units": 3, "recurrent_activation": "sigmoid", "reset_after": True},
    ),
    "shape": (
        "InputLayer",
        {"batch_shape": [None, 3]},
        "InputLayer",
        {"batch_input_shape": [None, 3]},
    ),
    "slope": ("LeakyReLU", {"negative_slope": 0.3}, "LeakyReLU", {"alpha": 0.3}),
    "training": (
        "Dense",
        {"kernel_initializer": {"class_name": "Zeros"}, "bias_constraint": None, "units": 1},
        "Dense",
        {"units": 1},
    ),
}


@pytest.mark.parametrize(("name", "old", "by", "new"), RULES.values(), ids=RULES)
def test_an_argument_that_drifted_is_put_right(
    name: str, old: Config, by: str, new: Config
) -> None:
    kind, config, _ = put_right(name, old)
    assert (kind, config) == (by, new)


def test_putting_right_twice_changes_nothing_more() -> None:
    for name, old, _, _ in RULES.values():
        kind, config, _ = put_right(name, old)
        assert put_right(kind, config) == (kind, config, ())


def test_an_unknown_argument_is_dropped_only_if_it_says_nothing() -> None:
    def of(kind: str) -> frozenset[str] | None:
        return frozenset({"name", "units"}) if kind == "Dense" else None

    def dense(**more: Any) -> Config:
        return {"class_name": "Dense", "config": {"name": "d", "units": 2, **more}}

    assert without_unknown(dense(lora_rank=None), of)[0] == dense()
    with pytest.raises(UnreadableModel, match=r"'d'.*lora_rank=4"):
        without_unknown(dense(lora_rank=4), of)


def branch(name: str, width: int) -> Config:
    first = {"name": f"{name}_dense", "output_dim": 2, "batch_input_shape": [None, width]}
    return {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": first}]}


def test_a_sequential_that_starts_by_merging_becomes_a_functional_model() -> None:
    merge = {"name": "m", "mode": "concat", "layers": [branch("a", 3), branch("b", 4)]}
    last = {"class_name": "Dense", "config": {"name": "out", "output_dim": 5}}
    model = canonical(
        {"class_name": "Sequential", "config": [{"class_name": "Merge", "config": merge}, last]},
        keras_1=True,
    )
    kinds = [layer["class_name"] for layer in model["config"]["layers"]]
    assert kinds == ["InputLayer", "Sequential", "InputLayer", "Sequential", "Concatenate", "Dense"]
    assert len(model["config"]["input_layers"]) == 2
    assert model["config"]["output_layers"] == [["out", 0, 0]]


def test_layers_of_one_name_are_told_apart() -> None:
    same = {"class_name": "Activation", "config": {"name": "relu", "activation": "relu"}}
    model = canonical({"class_name": "Sequential", "config": [same, same]}, keras_1=False)
    names = [layer["config"]["name"] for layer in model["config"]["layers"]]
    assert len(set(names)) == 2


def test_kernels_of_channels_first_are_turned_round_in_their_axes() -> None:
    kernel = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    [stored] = from_keras_1(
        "Conv2D", [kernel.transpose(3, 2, 0, 1)], channels_first=True, kernel_shape=kernel.shape
    )
    assert np.array_equal(stored, kernel)
    [once, bias] = turned("Conv2D", [kernel, np.arange(3)])
    assert np.array_equal(once[0, 0], kernel[-1, -1])
    assert np.array_equal(bias, np.arange(3))
    assert np.array_equal(turned("Conv2D", [once])[0], kernel)
    assert np.array_equal(turned("ConvLSTM2D", [kernel, kernel])[1], once)
    assert np.array_equal(turned("DepthwiseConv2D", [kernel])[0], kernel)


@pytest.mark.parametrize("stored", [(3, 1, 4, 5), (5, 4, 3, 1)], ids=["1.2", "1.1"])
def test_a_convolution_in_one_place_is_read_in_both_layouts_of_keras_1(
    stored: tuple[int, ...],
) -> None:
    kernel = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    written = kernel[:, None] if stored[1] == 1 else kernel.transpose(2, 1, 0)[..., None]
    assert written.shape == stored
    [read] = from_keras_1("Conv1D", [written], channels_first=False, kernel_shape=(3, 4, 5))
    assert np.array_equal(read, kernel)
