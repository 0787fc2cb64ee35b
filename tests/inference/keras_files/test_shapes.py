"""Shapes and sizes of a network are known from its description, and absurd ones are refused."""

from __future__ import annotations

from typing import Any

import pytest

from inference.errors import HostileModel
from inference.keras_files.counting import parameters
from inference.keras_files.documents import Config
from inference.keras_files.rules import Shape, output_shape
from inference.keras_files.shapes import estimate

FIRST = {"data_format": "channels_first"}

LAYERS: dict[str, tuple[str, Config, list[Shape], Shape, int]] = {
    "Dense": ("Dense", {"units": 7}, [(3,)], (7,), 21),
    "Dense on a sequence": ("Dense", {"units": 7}, [(9, 3)], (9, 7), 21),
    "Conv2D": (
        "Conv2D",
        {"filters": 8, "kernel_size": [3, 3], "strides": [2, 2], "padding": "valid"},
        [(15, 12, 3)],
        (7, 5, 8),
        216,
    ),
    "Conv2D, same, channels first": (
        "Conv2D",
        {"filters": 8, "kernel_size": 3, "strides": 2, "padding": "same", **FIRST},
        [(3, 15, 12)],
        (8, 8, 6),
        216,
    ),
    "Conv2D, dilated": (
        "Conv2D",
        {"filters": 1, "kernel_size": [3, 3], "strides": [1, 1], "dilation_rate": [2, 2]},
        [(9, 9, 1)],
        (5, 5, 1),
        9,
    ),
    "Conv2D, grouped": (
        "Conv2D",
        {"filters": 8, "kernel_size": [1, 1], "strides": [1, 1], "groups": 4},
        [(5, 5, 8)],
        (5, 5, 8),
        16,
    ),
    "Conv2D, open size": (
        "Conv2D",
        {"filters": 4, "kernel_size": [3, 3], "strides": [1, 1]},
        [(None, None, 3)],
        (None, None, 4),
        108,
    ),
    "DepthwiseConv2D": (
        "DepthwiseConv2D",
        {"kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "depth_multiplier": 2},
        [(5, 5, 4)],
        (5, 5, 8),
        72,
    ),
    "SeparableConv2D": (
        "SeparableConv2D",
        {"filters": 6, "kernel_size": [3, 3], "strides": [1, 1], "padding": "same"},
        [(5, 5, 4)],
        (5, 5, 6),
        60,
    ),
    "Conv2DTranspose": (
        "Conv2DTranspose",
        {"filters": 2, "kernel_size": [3, 3], "strides": [2, 2], "padding": "valid"},
        [(4, 4, 3)],
        (9, 9, 2),
        54,
    ),
    "MaxPooling2D": (
        "MaxPooling2D",
        {"pool_size": [2, 2], "strides": None},
        [(5, 4, 3)],
        (2, 2, 3),
        0,
    ),
    "GlobalAveragePooling2D": ("GlobalAveragePooling2D", {}, [(5, 4, 3)], (3,), 0),
    "ZeroPadding2D": ("ZeroPadding2D", {"padding": [[1, 2], [0, 1]]}, [(5, 4, 3)], (8, 5, 3), 0),
    "Cropping2D": ("Cropping2D", {"cropping": [[1, 1], [0, 1]]}, [(5, 4, 3)], (3, 3, 3), 0),
    "UpSampling2D": ("UpSampling2D", {"size": [2, 3]}, [(5, 4, 3)], (10, 12, 3), 0),
    "Flatten": ("Flatten", {}, [(5, 4, 3)], (60,), 0),
    "Reshape": ("Reshape", {"target_shape": [10, -1]}, [(5, 4, 3)], (10, 6), 0),
    "Permute": ("Permute", {"dims": [3, 1, 2]}, [(5, 4, 3)], (3, 5, 4), 0),
    "RepeatVector": ("RepeatVector", {"n": 4}, [(3,)], (4, 3), 0),
    "Add": ("Add", {}, [(5, 4, 3), (1, 1, 3)], (5, 4, 3), 0),
    "Concatenate": ("Concatenate", {"axis": -1}, [(5, 3), (5, 4)], (5, 7), 0),
    "Concatenate, first": ("Concatenate", {"axis": 1}, [(2, 5), (3, 5)], (5, 5), 0),
    "Embedding": ("Embedding", {"input_dim": 9, "output_dim": 4}, [(7,)], (7, 4), 36),
    "BatchNormalization": ("BatchNormalization", {"axis": -1}, [(5, 4, 3)], (5, 4, 3), 12),
    "LSTM": ("LSTM", {"units": 4, "return_sequences": True}, [(7, 3)], (7, 4), 112),
    "GRU": ("GRU", {"units": 4}, [(7, 3)], (4,), 84),
    "Bidirectional": (
        "Bidirectional",
        {"layer": {"class_name": "LSTM", "config": {"units": 4}}, "merge_mode": "concat"},
        [(7, 3)],
        (8,),
        224,
    ),
    "TimeDistributed": (
        "TimeDistributed",
        {"layer": {"class_name": "Dense", "config": {"units": 2}}},
        [(7, 3)],
        (7, 2),
        6,
    ),
    "a layer that is not known": ("Mystery", {}, [(7, 3)], None, 0),
}


@pytest.mark.parametrize(("name", "config", "given", "gives", "holds"), LAYERS.values(), ids=LAYERS)
def test_the_shape_and_the_parameters_of_a_layer(
    name: str, config: Config, given: list[Shape], gives: Shape, holds: int
) -> None:
    layer = {"class_name": name, "config": config}
    assert output_shape(layer, tuple(given)) == gives
    assert parameters(layer, given[0]) == holds


def sequential(*layers: tuple[str, Config], shape: tuple[Any, ...] = (8, 8, 3)) -> Config:
    (first, start), *rest = layers
    entry = (first, {**start, "batch_input_shape": [None, *shape]})
    described = [{"class_name": name, "config": config} for name, config in (entry, *rest)]
    return {"class_name": "Sequential", "config": {"name": "s", "layers": described}}


def test_a_network_is_followed_from_its_input_to_its_output() -> None:
    model = sequential(
        ("Conv2D", {"filters": 4, "kernel_size": [3, 3], "strides": [1, 1]}),
        ("Flatten", {}),
        ("Dense", {"units": 5}),
    )
    sizes = estimate(model)
    assert (sizes.inputs, sizes.outputs) == (((8, 8, 3),), ((5,),))
    assert sizes.parameters == 108 + 6 * 6 * 4 * 5


def test_a_network_inside_another_is_followed_too() -> None:
    inner = sequential(("Flatten", {}), ("Dense", {"units": 100_000_000}))
    with pytest.raises(HostileModel, match="19,200,000,000 parameters"):
        estimate({"class_name": "Sequential", "config": {"layers": [inner]}})


def test_a_tensor_too_large_between_two_layers_is_refused() -> None:
    model = sequential(("UpSampling2D", {"size": [50_000, 50_000]}))
    with pytest.raises(HostileModel, match="numbers for one picture"):
        estimate(model)


def test_models_nested_without_end_are_refused() -> None:
    model = sequential(("Flatten", {}))
    for _ in range(40):
        model = {"class_name": "Sequential", "config": {"layers": [model]}}
    with pytest.raises(HostileModel, match="nested"):
        estimate(model)
