"""The TensorFlow loader: the same network in every Keras format, from several threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.errors import ModelError
from inference.manifest import Output
from inference.model import Model
from inference.references import parse_reference
from inference.serving import Serving
from tests.inference.clocks import Clock
from tests.inference.tiny import TO_UNIT, write_tiny
from tests.program import printed

pytestmark = pytest.mark.tensorflow

PIXELS = np.random.default_rng(1).integers(0, 256, (6, 16, 16, 3), np.uint8)
FORMATS = ("json", "h5", "keras", "saved_model", "tflite")


@pytest.fixture(scope="module")
def network() -> Any:
    """The tiny network with a softmax, `(n, 16, 16, 3)` from 0 to 1 → `(n, 5)`."""
    import keras

    from tests.training.tiny import tiny_network

    logits = tiny_network()
    return keras.Model(logits.input, keras.layers.Softmax(name="scores")(logits.output))


@pytest.fixture(scope="module")
def expected(network: Any) -> Any:
    """What Keras itself says of the pictures."""
    return network(PIXELS.astype(np.float32) / 255).numpy()


def save(network: Any, kind: str, folder: Path) -> Path:
    """The network as plain files of one kind, with labels and recipe."""
    folder.mkdir(parents=True)
    if kind == "json":
        (folder / "architecture.json").write_text(network.to_json())
        network.save_weights(folder / "model.weights.h5")
    elif kind == "saved_model":
        network.export(str(folder / "saved_model"), verbose=False)
    elif kind == "tflite":
        from training.litert import to_float32

        (folder / "model.tflite").write_bytes(to_float32(network))
    else:
        network.save(folder / f"model.{kind}")
    (folder / "labels.txt").write_text("a\nb\nc\nd\ne\n")
    (folder / "recipe.json").write_text(TO_UNIT.model_dump_json())
    return folder


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_network_in_every_format_answers_alike(
    network: Any, expected: Any, kind: str, tmp_path: Path
) -> None:
    bundle = parse_reference(str(save(network, kind, tmp_path / kind))).bundle()

    model = Model(bundle)

    answers = np.stack([model.scores(pixels) for pixels in PIXELS])
    assert np.abs(answers - expected).max() < 1e-5
    assert bundle.manifest.output == Output(classes=5, activation="softmax")
    assert bundle.manifest.loader == ("litert" if kind == "tflite" else "tensorflow")
    assert answers.dtype == np.float32


def test_eight_threads_at_once_get_the_right_answers(
    network: Any, expected: Any, tmp_path: Path
) -> None:
    model = Model(parse_reference(str(save(network, "keras", tmp_path / "x"))).bundle())

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: model.scores(PIXELS[number % 6]), range(240)))

    for number, answer in enumerate(answers):
        assert np.abs(answer - expected[number % 6]).max() < 1e-5


def test_a_release_for_this_loader_is_a_bundle_with_its_source(
    network: Any, expected: Any, tmp_path: Path
) -> None:
    source = save(network, "keras", tmp_path / "x") / "model.keras"
    files = {"source/model.keras": source.read_bytes(), "labels.txt": b"a\nb\nc\nd\ne\n"}
    bundle = write_tiny(
        tmp_path / "bundle",
        files=files,
        loader="tensorflow",
        input={"width": 16, "height": 16, "dtype": "float32"},
        output=Output(classes=5, activation="softmax"),
    )

    model = Model(parse_reference(str(bundle)).bundle())

    assert np.abs(model.scores(PIXELS[0]) - expected[0]).max() < 1e-5


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"output": Output(classes=3, activation="softmax")}, "5 outputs instead of 3"),
        ({"input": {"width": 8, "height": 16, "dtype": "float32"}}, "cannot run the model on"),
    ],
    ids=["another number of classes", "another size"],
)
def test_a_network_that_is_not_what_its_manifest_says_is_refused(
    network: Any, tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    source = save(network, "keras", tmp_path / "x") / "model.keras"
    fields = {"input": {"width": 16, "height": 16, "dtype": "float32"}, **changes}
    bundle = write_tiny(
        tmp_path / "bundle",
        files={"source/model.keras": source.read_bytes()},
        loader="tensorflow",
        **fields,
    )

    with pytest.raises(ModelError, match=says) as refusal:
        Model(parse_reference(str(bundle)).bundle())
    assert "/" not in str(refusal.value)


def test_keras_files_are_replaced_by_others_while_they_are_served(
    network: Any, expected: Any, tmp_path: Path
) -> None:
    folder = save(network, "json", tmp_path / "x")
    clock = Clock()
    serving = Serving(parse_reference(str(folder)), 30.0, clock, lambda work: work())
    before = serving.current()
    doubled = [2 * weight for weight in network.get_weights()]
    again = type(network).from_config(network.get_config())
    again.set_weights(doubled)
    again.save_weights(folder / "model.weights.h5")

    for _ in range(2):
        clock.now += 30
        serving.current()

    assert serving.current() is not before
    theirs = again(PIXELS[:1].astype(np.float32) / 255).numpy()[0]
    assert np.abs(serving.current().scores(PIXELS[0]) - theirs).max() < 1e-5
    assert np.abs(before.scores(PIXELS[0]) - expected[0]).max() < 1e-5


@pytest.mark.parametrize("kind", ["bundle", "plain"])
def test_serving_a_litert_model_never_imports_tensorflow_nor_h5py(
    kind: str, tmp_path: Path
) -> None:
    folder = write_tiny(tmp_path / "colours")
    if kind == "plain":
        (folder / "model.json").unlink()
        (folder / "recipe.json").write_text(TO_UNIT.model_dump_json())
    program = (
        "import sys\n"
        "from inference.references import parse_reference\n"
        "from inference.serving import Serving\n"
        f"print(Serving(parse_reference({str(folder)!r}), 30.0).current().labels)\n"
        "print(sorted({'tensorflow', 'keras', 'h5py', 'boto3'} & set(sys.modules)))\n"
    )

    assert printed(program) == "('red', 'green', 'blue')\n[]\n"
