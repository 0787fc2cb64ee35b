"""What is said of a model's files before anything is built of them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from inference.errors import UnreadableModel
from inference.keras_files import inspect


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (("keras_model.h5", "labels.txt"), "no SavedModel but 'keras_model.h5': unpack it"),
        (("__MACOSX/._model.h5", "a.txt"), "no SavedModel: there is no saved_model.pb in it"),
        (("a/saved_model.pb", "b/saved_model.pb"), "2 SavedModels: pack the folder of one"),
    ],
    ids=["a Keras file", "none", "two"],
)
def test_a_zip_that_is_no_saved_model_is_told_what_to_do(
    tmp_path: Path, names: tuple[str, ...], says: str
) -> None:
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        for name in names:
            archive.writestr(name, b"x")

    with pytest.raises(UnreadableModel, match=says):
        inspect(tmp_path)
