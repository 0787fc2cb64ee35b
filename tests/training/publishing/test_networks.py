"""Which part of a Keras model is the classifier, and what makes a model none."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.errors import ModelError
from tests.training.publishing.colours import colour_network, two_colours
from training.networks import Library, understand

pytestmark = pytest.mark.tensorflow

LIBRARIES: tuple[Library, ...] = ("keras", "tf_keras")


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest) -> Library:
    name: Library = request.param
    return name


@pytest.fixture
def keras(library: Library) -> Any:
    return import_module(library)


def answers(network: Any, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the network says, called layer by layer."""
    return np.asarray(network(pixels, training=False), dtype=np.float32)


def test_a_network_is_its_size_its_channels_and_its_outputs(keras: Any, library: Library) -> None:
    network = understand(colour_network(keras), library, None)

    assert (network.size, network.channels, network.outputs) == ((16, 16), 3, 4)
    assert network.ending is not None
    assert network.ending.activation == "softmax"
    assert network.parameters == 12 + 16


def endings(keras: Any) -> dict[str, tuple[Any, str | None, bool]]:
    """Models by the way they end: the model, its activation, whether softmax is taken twice."""
    layers = keras.layers
    picture = keras.Input((16, 16, 3))
    features = layers.GlobalAveragePooling2D()(picture)
    logits = layers.Dense(3)(features)
    inner, nested = (
        keras.Model(picture, layers.Dense(3, activation="softmax")(features)) for _ in range(2)
    )
    twice = layers.Softmax()(layers.Activation("softmax")(logits))
    return {
        "in the last layer": (inner, "softmax", False),
        "as a layer": (
            keras.Model(picture, layers.Activation("softmax")(logits)),
            "softmax",
            False,
        ),
        "as Softmax": (keras.Model(picture, layers.Softmax()(logits)), "softmax", False),
        "twice": (keras.Model(picture, twice), "softmax", True),
        "in a nested model": (
            keras.Sequential([keras.Input((16, 16, 3)), nested, layers.Dropout(0.5)]),
            "softmax",
            False,
        ),
        "before a reshape": (
            keras.Model(picture, layers.Reshape((3,))(layers.Softmax()(logits))),
            "softmax",
            False,
        ),
        "sigmoid": (
            keras.Model(picture, layers.Dense(3, activation="sigmoid")(features)),
            "sigmoid",
            False,
        ),
        "none": (keras.Model(picture, logits), "linear", False),
        "in no layer": (keras.Model(picture, layers.BatchNormalization()(logits)), None, False),
    }


def test_the_last_activation_is_found_wherever_it_stands_and_can_be_left_out(
    keras: Any, library: Library
) -> None:
    pixels = np.random.default_rng(0).uniform(-1, 1, (4, 16, 16, 3)).astype(np.float32)
    for way, (model, activation, twice) in endings(keras).items():
        network = understand(model, library, None)
        found = network.ending and (network.ending.activation, network.ending.twice)
        assert found == (activation and (activation, twice)), way
        if activation == "softmax":
            scores = answers(network.build(3), pixels)
            logits = answers(network.build(3, linear=True), pixels)
            shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
            again = shifted / shifted.sum(axis=1, keepdims=True)
            np.testing.assert_allclose(again, scores, atol=1e-6, err_msg=way)


@pytest.mark.parametrize("ends", ["scores", "logits", "logits of scores"])
def test_one_output_becomes_the_scores_of_two_classes(
    keras: Any, library: Library, ends: str
) -> None:
    pixels = np.zeros((2, 16, 16, 3), np.float32)
    pixels[0, ..., 0] = pixels[1, ..., 2] = 1.0  # red, then blue
    network = understand(two_colours(keras, None if ends == "logits" else "sigmoid"), library, None)
    blue = 1 / (1 + np.exp(-8.0))

    built = network.build(2, linear=ends == "logits of scores", logits=ends == "logits")
    found = answers(built, pixels)

    if ends != "scores":
        found = np.exp(found) / np.exp(found).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, [[blue, 1 - blue], [1 - blue, blue]], atol=1e-5)


def test_grey_pictures_may_come_without_an_axis_for_it(keras: Any, library: Library) -> None:
    picture = keras.Input((16, 12))
    model = keras.Model(picture, keras.layers.Dense(3)(keras.layers.Flatten()(picture)))

    network = understand(model, library, None)

    assert (network.size, network.channels) == ((12, 16), 1)
    assert network.build(3).output_shape == (None, 3)
    assert network.build(3).input_shape == (None, 16, 12, 1)


def test_a_network_for_any_size_needs_to_be_told_one(keras: Any, library: Library) -> None:
    picture = keras.Input((None, None, 3))
    model = keras.Model(picture, keras.layers.GlobalAveragePooling2D()(picture))

    assert understand(model, library, (20, 10)).build(3).input_shape == (None, 10, 20, 3)
    with pytest.raises(ModelError, match=r"any size, \(n, any, any, 3\): .*--size"):
        understand(model, library, None)


def test_an_answer_in_a_map_of_one_place_is_one_answer(keras: Any, library: Library) -> None:
    picture = keras.Input((8, 8, 3))
    model = keras.Model(picture, keras.layers.Conv2D(5, 8)(picture))

    assert understand(model, library, None).build(5).output_shape == (None, 5)


def wrong(keras: Any) -> dict[str, tuple[Any, tuple[int, int] | None]]:
    """Models that are no classifiers, by what is said about them."""
    layers = keras.layers
    picture, other = keras.Input((16, 16, 3)), keras.Input((4,))
    features = layers.GlobalAveragePooling2D()(picture)
    answer = layers.Dense(3)(features)
    joined = layers.Dense(3)(layers.Concatenate()([features, other]))
    return {
        "has 2 outputs": (keras.Model(picture, [answer, layers.Dense(2)(features)]), None),
        "has 2 inputs": (keras.Model([picture, other], joined), None),
        "(n, 16, 16, 5), an answer for each place": (
            keras.Model(picture, layers.Conv2D(5, 1)(picture)),
            None,
        ),
        "the network's input is (n, 4)": (keras.Model(other, layers.Dense(3)(other)), None),
        "the network's input is (n, 8, 8, 7)": (
            keras.Sequential([keras.Input((8, 8, 7)), layers.Flatten(), layers.Dense(3)]),
            None,
        ),
        "looks at 16 × 16, not at 20 × 10": (keras.Model(picture, answer), (20, 10)),
    }


def test_what_is_no_classifier_is_refused_with_what_it_is(keras: Any, library: Library) -> None:
    for words, (model, size) in wrong(keras).items():
        with pytest.raises(ModelError) as caught:
            understand(model, library, size)
        assert words in str(caught.value)
