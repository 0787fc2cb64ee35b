"""What either Keras writes, in every format, is read and answers like its writer."""

from __future__ import annotations

import io
import zipfile
from contextlib import redirect_stdout
from pathlib import Path

import h5py
import numpy as np
import pytest

from inference.errors import UnreadableModel
from inference.keras_files import inspect, load
from tests.inference.keras_files.conftest import Networks
from tests.inference.keras_files.networks import (
    CLASSES,
    FORMATS,
    KINDS,
    SHAPE,
    Kind,
    Library,
    answers,
    save_graph,
    save_h5,
    save_json_and_h5,
    save_keras,
)
from tests.inference.networks import channel_means

pytestmark = pytest.mark.tensorflow
TOLERANCE = 1e-5

# A recurrent network as a graph takes Keras 2 twenty seconds to write, and reads like any graph.
WAYS = [
    (library, form, kind)
    for library, forms in FORMATS.items()
    for form in forms
    for kind in KINDS
    if not (kind == "recurrent" and form.startswith("saved_model"))
]


@pytest.mark.parametrize(("library", "form", "kind"), WAYS, ids=["-".join(way) for way in WAYS])
def test_a_model_is_read_and_answers_like_its_writer(
    networks: Networks, tmp_path: Path, library: Library, form: str, kind: Kind
) -> None:
    model = networks(library, kind)
    with redirect_stdout(io.StringIO()):
        FORMATS[library][form](model, tmp_path)
    looked = inspect(tmp_path)
    loaded = load(tmp_path)
    assert np.abs(answers(loaded.model) - answers(model)).max() <= TOLERANCE
    assert loaded.mended == ()
    assert loaded.library == ("tf_keras" if "saved_model" in form else library)
    assert looked.input_shape == SHAPE
    assert looked.output_width == CLASSES


def test_a_description_taken_from_a_whole_h5_is_of_the_keras_that_wrote_both(
    networks: Networks, tmp_path: Path
) -> None:
    model = networks("tf_keras", "functional")
    save_h5(model, tmp_path)
    with h5py.File(tmp_path / "model.h5") as file:
        description, version = file.attrs["model_config"], file.attrs["keras_version"]
    (tmp_path / "architecture.json").write_text(description)

    assert inspect(tmp_path).written_by == f"Keras {version} on tensorflow"
    loaded = load(tmp_path)
    assert (loaded.library, loaded.mended) == ("tf_keras", ())
    assert np.abs(answers(loaded.model) - answers(model)).max() <= TOLERANCE


def test_a_zipped_saved_model_is_read(networks: Networks, tmp_path: Path) -> None:
    model = networks("keras", "functional")
    written, folder = tmp_path / "written", tmp_path / "folder"
    written.mkdir()
    folder.mkdir()
    save_graph(model, written)
    with zipfile.ZipFile(folder / "model.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in written.rglob("*"):
            archive.write(path, path.relative_to(written))
    assert inspect(folder).format == "saved_model"
    assert np.abs(answers(load(folder).model) - answers(model)).max() <= TOLERANCE


@pytest.mark.parametrize("kind", ["functional", "sequential"])
def test_the_parameters_are_counted_without_keras(
    networks: Networks, tmp_path: Path, kind: Kind
) -> None:
    """Biases are not counted: the estimate bounds what is built, to a few in a hundred."""
    model = networks("keras", kind)
    save_keras(model, tmp_path)
    counted = inspect(tmp_path).parameters
    assert counted is not None
    assert 0.9 * model.count_params() < counted <= model.count_params()


def test_a_keras_2_model_with_hard_sigmoid_keeps_keras_2s_formula(
    networks: Networks, tmp_path: Path
) -> None:
    """Both formulas take the same file without complaint; only the answers tell."""
    written_by_2, same_in_3 = (
        networks("tf_keras", "hard_sigmoid"),
        networks("keras", "hard_sigmoid"),
    )
    save_h5(written_by_2, tmp_path)
    difference = np.abs(answers(load(tmp_path).model) - answers(same_in_3)).max()
    assert np.abs(answers(load(tmp_path).model) - answers(written_by_2)).max() <= TOLERANCE
    assert difference > 100 * TOLERANCE


def test_hard_sigmoid_follows_the_program_that_trained_the_weights(
    networks: Networks, tmp_path: Path
) -> None:
    old, new = networks("tf_keras", "hard_sigmoid"), networks("keras", "hard_sigmoid")
    save_json_and_h5(old, tmp_path)
    (tmp_path / "architecture.json").write_text(new.to_json())
    loaded = load(tmp_path)
    assert loaded.library == "tf_keras"
    assert np.abs(answers(loaded.model) - answers(old)).max() <= TOLERANCE


def test_hard_sigmoid_of_keras_2_with_weights_of_keras_3_is_refused(
    networks: Networks, tmp_path: Path
) -> None:
    old, new = networks("tf_keras", "hard_sigmoid"), networks("keras", "hard_sigmoid")
    save_json_and_h5(new, tmp_path)
    (tmp_path / "architecture.json").write_text(old.to_json())
    with pytest.raises(UnreadableModel, match="hard_sigmoid"):
        load(tmp_path)


@pytest.mark.parametrize("kind", ["functional", "nested"])
def test_a_description_of_one_keras_takes_the_weights_of_the_other(
    networks: Networks, tmp_path: Path, kind: Kind
) -> None:
    old, new = networks("tf_keras", kind), networks("keras", kind)
    for number, (described, weighted) in enumerate([(old, new), (new, old)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        save_json_and_h5(weighted, folder)
        (folder / "architecture.json").write_text(described.to_json())
        assert np.abs(answers(load(folder).model) - answers(weighted)).max() <= TOLERANCE


def test_a_litert_model_is_looked_at_and_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(channel_means(7, 5, "uint8"))
    looked = inspect(tmp_path)
    assert (looked.format, looked.input_shape, looked.output_width) == ("tflite", (5, 7, 3), 3)
    with pytest.raises(UnreadableModel, match="already"):
        load(tmp_path)
