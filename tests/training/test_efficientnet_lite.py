"""The network has the published size and takes every weight once."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from inference.errors import ModelError
from training import pretrained
from training.efficientnet_lite import CLASSES, SIZE, build, copy_weights
from training.pretrained import load_network, read_weights
from training.torch_pickle import read_state_dict

pytestmark = pytest.mark.tensorflow

State = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def state() -> State:
    return read_state_dict(read_weights())


@pytest.fixture(scope="module")
def empty() -> keras.Model:
    return build()


def test_it_has_4_65_million_parameters_to_train(empty: keras.Model) -> None:
    assert sum(weight.numpy().size for weight in empty.trainable_weights) == 4_652_008


def test_it_takes_pictures_of_224_pixels_and_gives_logits_for_1000_classes(
    empty: keras.Model,
) -> None:
    assert empty.input_shape == (None, SIZE, SIZE, 3)
    assert empty.output_shape == (None, CLASSES)
    assert empty.get_layer("blocks.15.bn2").output.shape == (None, 7, 7, 320)


def test_every_weight_is_copied_and_none_is_left_as_it_was(state: State) -> None:
    network = load_network()
    copied = sum(weight.numpy().size for weight in network.weights)
    given = sum(tensor.size for name, tensor in state.items() if "num_batches" not in name)
    assert copied == given
    kernel = network.get_layer("blocks.3.depthwise_conv").get_weights()[0]
    np.testing.assert_array_equal(
        kernel[..., 0], state["_blocks.3._depthwise_conv.weight"][:, 0].transpose(1, 2, 0)
    )
    np.testing.assert_array_equal(
        network.get_layer("bn1").moving_variance.numpy(), state["_bn1.running_var"]
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"_fc.bias": None}, "no tensor 'fc.bias'"),
        ({"_extra.weight": np.zeros(1)}, "tensors for no layer: extra.weight"),
        ({"_fc.weight": np.zeros((10, 1280))}, "do not fit the network"),
    ],
    ids=["one missing", "one too many", "another shape"],
)
def test_weights_that_do_not_match_are_refused(
    state: State, empty: keras.Model, change: dict[str, Any], message: str
) -> None:
    changed = {name: tensor for name, tensor in (state | change).items() if tensor is not None}
    with pytest.raises(ModelError, match=message):
        copy_weights(empty, changed)


def test_weights_of_another_version_are_refused_before_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pretrained, "_SHA256", "0" * 64)
    with pytest.raises(ModelError, match=r"have SHA-256 579344248a93… instead of 000000000000…"):
        read_weights()
