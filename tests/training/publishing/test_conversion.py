"""Converted models answer as the Keras model did, whatever wrote it and whatever it ends in."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.errors import ModelError
from inference.loaders.litert import LiteRTRuntime, make_interpreter
from inference.recipe import Recipe
from inference.scores import to_scores
from inference.tensors import TensorTable
from tests.training.publishing.colours import (
    LABELS,
    colour_network,
    rounding_network,
    two_colours,
)
from training.conversion import convert
from training.jobs import KERAS_FILE, LITERT_FILE, Conversion, Job
from training.labelled import read_labelled
from training.proof import Scheme, check
from training.served import Tensors, to_litert

pytestmark = pytest.mark.tensorflow

RECIPE = Recipe(std=(255.0,))


def job(source: Path, out: Path, **given: Any) -> Job:
    out.mkdir(exist_ok=True)
    return Job(**{"source": source, "out": out, "labels": 4, "recipe": RECIPE, **given})


def saved(folder: Path, model: Any) -> Path:
    folder.mkdir()
    model.save(folder / "model.keras")
    return folder


def right(out: Path, pictures: Path, conversion: Conversion) -> float:
    """Share of the pictures that the flatbuffer in `out` gets right."""
    model = (out / LITERT_FILE).read_bytes()
    runtime = LiteRTRuntime(model, make_interpreter(model))
    table = TensorTable(RECIPE, runtime.input_type)
    found = [
        to_scores(
            runtime.run(table.tensor(each.pixels(conversion.size, RECIPE))), conversion.activation
        ).argmax()
        == each.index
        for each in read_labelled(pictures, LABELS).pictures
    ]
    return float(np.mean(found))


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_float32_is_proved_to_answer_as_the_original(
    library: str, keras_folder: Path, json_folder: Path, tmp_path: Path, pictures: Path
) -> None:
    source = keras_folder if library == "keras" else json_folder

    found = convert(job(source, tmp_path))

    assert (found.library, found.loader, found.dtype) == (library, "litert", "float32")
    assert (found.activation, found.classes, found.size) == ("softmax", 4, (16, 16))
    assert found.written_by.startswith("Keras 3" if library == "keras" else "Keras 2")
    assert found.proof is not None
    assert found.proof.max_difference < 1e-6
    check(found.proof, "none")
    assert right(tmp_path, pictures, found) == 1.0
    assert dict(found.made_by).keys() > {"tensorflow", "ai-edge-litert", "pillow"}


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_a_network_of_mixed_precision_is_converted_in_float32(
    library: str, policy: str, tmp_path: Path, pictures: Path
) -> None:
    keras = import_module(library)
    keras.mixed_precision.set_global_policy(policy)
    try:
        model = colour_network(keras)
    finally:
        keras.mixed_precision.set_global_policy("float32")

    found = convert(job(saved(tmp_path / "source", model), tmp_path / "out"))

    assert (found.loader, found.halved, found.inexpressible) == ("litert", True, None)
    said = f"computed in half precision ({policy}): the copy computes in float32"
    assert found.mended[-1] == said
    assert found.proof is not None
    check(found.proof, "none", halved=found.halved)
    assert right(tmp_path / "out", pictures, found) == 1.0


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_a_network_that_rounds_beyond_the_limit_is_kept_as_it_is_and_says_so_with_figures(
    library: str, tmp_path: Path
) -> None:
    source, out = (
        saved(tmp_path / "source", rounding_network(import_module(library))),
        tmp_path / "out",
    )

    found = convert(job(source, out))

    assert (found.loader, found.halved, found.activation) == ("tensorflow", True, "softmax")
    assert (out / KERAS_FILE).is_file()
    assert not (out / LITERT_FILE).exists()
    assert found.mended == ()
    assert found.inexpressible is not None
    assert found.inexpressible.startswith("it computes in half precision (mixed_bfloat16) and ")
    figures = re.search(
        r"at most (0\.\d+) apart; the limit is 0\.02 apart\. That copy is exact, at most (0\.\d+)",
        found.inexpressible,
    )
    assert figures is not None
    assert float(figures[1]) == pytest.approx(found.rounding, abs=1e-6)
    assert found.rounding > 0.02
    assert float(figures[2]) < 1e-4
    assert found.proof is not None
    check(found.proof, "none")  # it reads back as what it was


def test_a_network_that_rounds_beyond_the_limit_has_no_copy_in_fewer_bits(tmp_path: Path) -> None:
    source = saved(tmp_path / "source", rounding_network(import_module("keras")))

    found = convert(job(source, tmp_path / "out", scheme="float16"))

    assert (found.loader, found.rounding) == ("litert", 0.0)
    assert found.proof is not None
    with pytest.raises(ModelError, match="float16 does not answer like the original"):
        check(found.proof, "float16", halved=True)


def test_float16_halves_the_weights_and_keeps_the_answers(
    keras_folder: Path, tmp_path: Path, pictures: Path
) -> None:
    labelled = read_labelled(pictures, LABELS).pictures

    found = convert(
        job(keras_folder, tmp_path, scheme="float16", pictures=tuple(p.path for p in labelled))
    )

    assert found.proof is not None
    assert found.proof.pictures == len(labelled)
    check(found.proof, "float16")
    interpreter = make_interpreter((tmp_path / LITERT_FILE).read_bytes())
    assert np.float16 in [each["dtype"] for each in interpreter.get_tensor_details()]


@pytest.mark.parametrize(
    ("activation", "ends"), [("softmax", "none"), ("sigmoid", "sigmoid"), (None, "none")]
)
def test_int8_takes_pixels_and_leaves_the_last_activation_to_floats(
    activation: str | None, ends: str, tmp_path: Path, pictures: Path
) -> None:
    source = saved(tmp_path / "source", colour_network(import_module("keras"), activation))
    paths = tuple(each.path for each in read_labelled(pictures, LABELS).pictures)

    found = convert(job(source, tmp_path / "out", scheme="int8", pictures=paths, calibration=paths))

    assert (found.dtype, found.activation) == ("uint8", ends)
    assert found.proof is not None
    assert found.proof.top1 == 1.0
    assert found.proof.max_difference < 0.05
    assert right(tmp_path / "out", pictures, found) == 1.0
    model = (tmp_path / "out" / LITERT_FILE).read_bytes()
    [answer] = make_interpreter(model).get_output_details()
    assert answer["dtype"] is np.float32


@pytest.mark.parametrize("scheme", ["none", "int8"])
@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_one_output_and_two_labels_are_two_classes(
    scheme: Scheme, activation: str | None, tmp_path: Path, pictures: Path
) -> None:
    source = saved(tmp_path / "source", two_colours(import_module("tf_keras"), activation))
    paths = tuple(sorted(pictures.glob("*/*.png")))

    found = convert(
        job(
            source,
            tmp_path / "out",
            labels=2,
            scheme=scheme,
            pictures=paths,
            calibration=paths if scheme == "int8" else (),
        )
    )

    assert found.classes == 2
    assert "the one output says how likely the second label is; the first has the rest" in (
        found.notes
    )
    model = (tmp_path / "out" / LITERT_FILE).read_bytes()
    runtime = LiteRTRuntime(model, make_interpreter(model))
    table = TensorTable(RECIPE, runtime.input_type)
    blue = np.zeros((16, 16, 3), np.uint8)
    blue[..., 2] = 153  # 0.6: 8 bits know the range of the pictures that calibrated them
    scores = to_scores(runtime.run(table.tensor(blue)), found.activation)
    assert scores[1] == pytest.approx(1 / (1 + np.exp(-8 * 0.6)), abs=0.01)


def test_without_a_recipe_every_scaling_is_proved(keras_folder: Path, tmp_path: Path) -> None:
    found = convert(job(keras_folder, tmp_path, recipe=None, labels=None))

    assert found.proof is not None
    assert (found.proof.pictures, found.classes) == (8, 4)


def test_what_litert_cannot_express_is_kept_as_a_keras_file_of_today(tmp_path: Path) -> None:
    keras = import_module("keras")
    source = saved(tmp_path / "source", colour_network(keras))

    def refuse(*_: object) -> bytes:
        raise ModelError("LiteRT cannot express 'classifier': a custom operation")

    found = convert(job(source, tmp_path / "out"), refuse)

    assert (found.loader, found.inexpressible) == (
        "tensorflow",
        "LiteRT cannot express 'classifier': a custom operation",
    )
    assert found.proof is not None
    assert found.proof.max_difference < 1e-6
    again = keras.models.load_model(tmp_path / "out" / KERAS_FILE)
    assert again.output_shape == (None, 4)
    with pytest.raises(ModelError, match="custom operation; --quantise none may be possible"):
        convert(job(source, tmp_path / "out", scheme="float16"), refuse)


def test_a_converter_that_spoils_the_weights_is_found_out(
    keras_folder: Path, tmp_path: Path
) -> None:
    def spoil(network: Any, scheme: Scheme, calibration: Tensors) -> bytes:
        weights = network.get_weights()
        weights[-2] = weights[-2] * np.float32(1.01)
        network.set_weights(weights)
        return to_litert(network, scheme, calibration)

    found = convert(job(keras_folder, tmp_path), spoil)

    assert found.proof is not None
    with pytest.raises(ModelError, match=r"float32 does not answer like the original: .*0\.0001"):
        check(found.proof, "none")


def test_a_network_with_nan_in_its_weights_is_refused(tmp_path: Path) -> None:
    model = colour_network(import_module("keras"))
    model.get_layer("channels").set_weights([np.full((1, 1, 3, 3), np.nan), np.zeros(3)])

    with pytest.raises(ModelError, match="numbers that are not finite"):
        convert(job(saved(tmp_path / "source", model), tmp_path / "out"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"labels": 3}, "4 numbers for 3 labels: one class too many"),
        ({"size": (20, 20)}, "looks at 16 × 16, not at 20 × 20"),
        ({"recipe": Recipe(colour="L")}, "1 channels; the network looks at 3"),
    ],
    ids=["labels", "size", "channels"],
)
def test_what_does_not_fit_the_network_is_refused(
    given: dict[str, Any], words: str, keras_folder: Path, tmp_path: Path, pictures: Path
) -> None:
    paths = tuple(sorted(pictures.glob("*/*.png")))[:1]

    with pytest.raises(ModelError, match=words):
        convert(job(keras_folder, tmp_path, pictures=paths, **given))
