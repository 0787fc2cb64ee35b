"""Conversion keeps the answers, and gives the same bytes whenever it is run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from inference.errors import ModelError
from inference.loaders.litert import LiteRTRuntime, make_interpreter
from tests.training.tiny import digests, tiny_network, tiny_tensors
from training.litert import to_float32, to_int8

pytestmark = pytest.mark.tensorflow

ROOT = Path(__file__).parents[2]


def answers(model: bytes, tensors: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """What the converted model says, through the loader that serves it."""
    runtime = LiteRTRuntime(model, make_interpreter(model))
    quantise = runtime.input_type.quantise
    return np.stack([runtime.run(quantise(tensor.astype(np.float64))) for tensor in tensors])


def test_float32_answers_as_keras_does() -> None:
    network, tensors = tiny_network(), tiny_tensors(8)
    expected = network.predict(np.concatenate(tensors), verbose=0)
    np.testing.assert_allclose(answers(to_float32(network), tensors), expected, atol=1e-5)


@pytest.mark.parametrize("fault", [AttributeError("it is gone"), ValueError("it cannot")])
def test_what_is_not_converted_by_its_function_is_by_a_saved_model(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise fault

    network, tensors = tiny_network(), tiny_tensors(8)
    by_function = to_float32(network)
    monkeypatch.setattr(tf.lite.TFLiteConverter, "from_concrete_functions", refuse)

    by_saved_model = to_float32(network)

    # A SavedModel has a signature, a function has none.
    assert by_saved_model != by_function
    np.testing.assert_array_equal(answers(by_saved_model, tensors), answers(by_function, tensors))


def test_int8_answers_to_3_percent_of_the_range_of_its_logits() -> None:
    network, unseen = tiny_network(), tiny_tensors(8, seed=1)
    expected = network.predict(np.concatenate(unseen), verbose=0)
    difference = np.abs(answers(to_int8(network, tiny_tensors(32)), unseen) - expected).max()
    assert difference <= 0.03 * np.ptp(expected)


def test_int8_takes_pixels_and_gives_float_logits() -> None:
    interpreter = make_interpreter(to_int8(tiny_network(), tiny_tensors(8)))
    assert interpreter.get_input_details()[0]["dtype"] is np.uint8
    assert interpreter.get_output_details()[0]["dtype"] is np.float32
    weights = [tensor["dtype"] for tensor in interpreter.get_tensor_details()]
    assert np.int8 in weights


def test_int8_has_a_scale_for_each_filter() -> None:
    interpreter = make_interpreter(to_int8(tiny_network(), tiny_tensors(8)))
    scales = [
        len(tensor["quantization_parameters"]["scales"])
        for tensor in interpreter.get_tensor_details()
    ]
    assert 8 in scales


def test_converting_twice_gives_the_same_bytes_in_any_process() -> None:
    other = subprocess.run(
        [sys.executable, "-m", "tests.training.tiny"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.split() == digests() == digests()


def test_int8_without_pictures_to_calibrate_on_is_refused() -> None:
    with pytest.raises(ModelError, match="needs pictures to calibrate on"):
        to_int8(tiny_network(), [])


def test_int8_of_an_operation_without_an_integer_form_names_the_network() -> None:
    picture = keras.Input((16, 16, 3), name="picture")
    network = keras.Model(picture, keras.ops.erf(picture), name="has_erf")
    with pytest.raises(ModelError, match="LiteRT cannot express 'has_erf'"):
        to_int8(network, tiny_tensors(2))


def test_what_litert_lacks_is_named_in_one_line() -> None:
    picture = keras.Input((16, 16, 3))
    halved = keras.layers.Conv2D(2, 3, dtype="mixed_bfloat16")(picture)
    network = keras.Model(picture, halved, name="halved")

    with pytest.raises(ModelError) as caught:
        to_float32(network)

    assert str(caught.value) == (
        "LiteRT cannot express 'halved': it has no BiasAdd of bf16, Conv2D of bf16"
    )
