"""What speaks against a model that can be published all the same is said, and named."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path

import pytest

from inference.keras_files import inspect
from inference.recipe import Recipe
from tests.training.publishing.colours import write_labels
from tests.training.publishing.published import published
from training.choosing import Chosen
from training.doctor import check_up
from training.drafts import doubts
from training.jobs import run
from training.orders import Wish

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def scaling(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of four classes that divides by 255 itself."""
    import keras

    folder = tmp_path_factory.mktemp("scaling")
    layers = keras.layers
    keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Rescaling(1 / 255, name="to_one"),
            layers.Rescaling(1.0, name="nothing"),
            layers.Flatten(),
            layers.Dense(4, "softmax"),
        ]
    ).save(folder / "model.keras")
    write_labels(folder)
    return folder


@pytest.mark.parametrize(("recipe", "doubted"), [("0-1", True), ("-1-1", True), ("0-255", False)])
def test_a_recipe_that_scales_what_the_network_scales_itself_is_doubted(
    recipe: str, doubted: bool, scaling: Path, tmp_path: Path
) -> None:
    findings = published(scaling, tmp_path / "registry", Wish(recipe=recipe)).findings

    assert findings is not None
    said = (
        f"the recipe ({recipe}, as given) scales pixels, and so does the network's own layer "
        "'to_one' (Rescaling): unless it was trained so, publish with --recipe 0-255"
    )
    assert findings.doubts == ((said,) if doubted else ())


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_a_saved_model_that_scales_pixels_is_doubted_like_any_other(
    library: str, tmp_path: Path
) -> None:
    keras = import_module(library)
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Rescaling(1 / 255, name="to_one"),
            layers.Normalization(mean=[0.5, 0.4, 0.3], variance=[1.0, 2.0, 3.0], name="spread"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(4, "hard_sigmoid"),
        ]
    )
    with redirect_stdout(io.StringIO()):
        network.export(str(tmp_path / "saved_model"))

    found = inspect(tmp_path)

    layers_found = [re.sub(r"_\d+'", "'", each) for each in found.scalings]
    assert layers_found == ["'to_one' (Rescaling)", "'spread' (Normalization)"]
    chosen = Chosen(Recipe(std=(255.0,)), "0-1, as given")
    [doubt] = doubts(found, chosen, "abcd")
    assert "scales pixels, and so does the network's own layer 'to_one" in doubt


def test_the_doctor_names_the_layer_that_scales(scaling: Path) -> None:
    checkup = check_up([scaling], None, None, None, run, lambda _: None)

    said = "the network's own layer scales pixels, 'to_one' (Rescaling): its recipe is most likely"
    assert [remark.partition(" 0-255")[0] for remark in checkup.remarks] == [said]


def test_labels_that_stand_for_two_classes_are_doubted(lite_folder: Path, tmp_path: Path) -> None:
    write_labels(lite_folder, ("red", "green", "red", "dark"))

    findings = published(lite_folder, tmp_path / "registry", Wish()).findings

    assert findings is not None
    said = "labels.txt has 1 label more than once, such as 'red'"
    assert [doubt.partition(":")[0] for doubt in findings.doubts] == [said]


def test_a_copy_in_float16_is_proved_on_random_pictures_where_there_are_no_others(
    keras_folder: Path, tmp_path: Path
) -> None:
    wish = Wish(recipe="0-1", scheme="float16")

    findings = published(keras_folder, tmp_path / "registry", wish).findings

    assert findings is not None
    assert findings.conversion.proof is not None
    assert findings.conversion.proof.pictures == 8 + 4
