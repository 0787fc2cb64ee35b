"""A LiteRT model that was given: told from its tensors and its answers, or refused."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from inference.errors import ModelError
from inference.loaders.litert import make_interpreter
from inference.recipe import Recipe
from tests.training.publishing.colours import colour_network
from training.flatbuffer import examine, find_flatbuffer
from training.jobs import LITERT_FILE, Job, run

pytestmark = pytest.mark.tensorflow


def test_a_given_model_is_taken_byte_for_byte(lite_folder: Path, tmp_path: Path) -> None:
    found = run(Job(lite_folder, tmp_path, labels=4, recipe=Recipe(std=(255.0,))))

    assert (found.loader, found.dtype, found.scheme) == ("litert", "float32", "none")
    assert (found.size, found.channels, found.classes) == ((16, 16), 3, 4)
    assert (found.activation, found.proof) == ("softmax", None)
    given = (lite_folder / "model.tflite").read_bytes()
    assert (tmp_path / LITERT_FILE).read_bytes() == given


def test_a_quantised_model_says_which_recipe_leaves_pixels_alone(tmp_path: Path) -> None:
    from training.litert import to_int8

    keras = import_module("keras")
    pixels = np.random.default_rng(0).uniform(0, 1, (8, 1, 16, 16, 3)).astype(np.float32)
    (tmp_path / "m.tflite").write_bytes(to_int8(colour_network(keras, None), list(pixels)))

    found = run(Job(tmp_path, tmp_path, labels=4))

    assert (found.dtype, found.scheme, found.activation) == ("uint8", "int8", "none")
    assert found.notes[0].startswith("pixels as they are would be the recipe mean 0, std 25")


def test_numbers_that_are_no_flatbuffer_are_refused(tmp_path: Path) -> None:
    (tmp_path / "m.tflite").write_bytes(b"\x18\0\0\0TFL3" + bytes(100))

    with pytest.raises(ModelError, match=r"LiteRT cannot load m\.tflite"):
        run(Job(tmp_path, tmp_path, labels=4))


def test_a_given_model_is_not_quantised_again(lite_folder: Path, tmp_path: Path) -> None:
    path = find_flatbuffer(lite_folder)
    assert path is not None

    with pytest.raises(ModelError, match="quantise what it was made from"):
        examine(Job(lite_folder, tmp_path, labels=4, scheme="int8"), path)


def test_labels_that_do_not_fit_a_given_model_are_refused(
    lite_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="4 numbers for 5 labels"):
        run(Job(lite_folder, tmp_path, labels=5))


def test_a_model_for_several_places_in_a_picture_is_refused(tmp_path: Path) -> None:
    from training.litert import to_float32

    keras = import_module("keras")
    picture = keras.Input((16, 16, 3))
    network = keras.Model(picture, keras.layers.Conv2D(4, 1)(picture))
    (tmp_path / "m.tflite").write_bytes(to_float32(network))

    with pytest.raises(ModelError, match=r"output is \[1, 16, 16, 4\]"):
        run(Job(tmp_path, tmp_path, labels=4))


def test_the_sigmoid_behind_an_integer_model_is_computed_in_floats() -> None:
    from tests.training.tiny import tiny_network, tiny_tensors
    from training.litert import to_int8
    from training.sigmoid import append_sigmoid

    logits = to_int8(tiny_network(), tiny_tensors(8))
    scores = append_sigmoid(logits)

    answers = []
    for model in (logits, scores):
        interpreter = make_interpreter(model)
        entry, out = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
        interpreter.set_tensor(entry["index"], np.full((1, 16, 16, 3), 200, np.uint8))
        interpreter.invoke()
        answers.append(interpreter.get_tensor(out["index"]))
    np.testing.assert_allclose(answers[1], 1 / (1 + np.exp(-answers[0])), atol=1e-6)
    assert append_sigmoid(logits) == scores
