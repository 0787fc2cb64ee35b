"""Names alone tell which files are the model, what is missing, and what is there twice."""

from __future__ import annotations

import pytest

from inference.errors import UnreadableModel
from inference.keras_files import ModelFiles, find_model_files

LABELS = "labels.txt"

FOUND: dict[str, tuple[list[str], ModelFiles]] = {
    "architecture and weights": (
        ["architecture.json", "weights.h5", LABELS],
        ModelFiles("json+h5", "architecture.json", "weights.h5", LABELS),
    ),
    "names of people": (
        ["model.json", "model_weights.h5", "README.md"],
        ModelFiles("json+h5", "model.json", "model_weights.h5"),
    ),
    "names of Keras 3": (
        ["config.json", "metadata.json", "model.weights.h5"],
        ModelFiles("json+h5", "config.json", "model.weights.h5"),
    ),
    "other JSON beside it": (
        ["class_indices.json", "history.json", "my_model.json", "w.hdf5", "recipe.json"],
        ModelFiles("json+h5", "my_model.json", "w.hdf5", recipe="recipe.json"),
    ),
    "an architecture that speaks of classes": (
        ["classifier.json", "classifier.h5"],
        ModelFiles("json+h5", "classifier.json", "classifier.h5"),
    ),
    "classes beside an H5": (["class_names.json", "m.h5"], ModelFiles("h5", "m.h5")),
    "classes in one word": (["classnames.json", "m.h5"], ModelFiles("h5", "m.h5")),
    "classes in many words": (["dog-classes.json", "m.h5"], ModelFiles("h5", "m.h5")),
    "the name of a tutorial": (["mask_detector.model"], ModelFiles("h5", "mask_detector.model")),
    "H5": (["model.h5", "classes.txt"], ModelFiles("h5", "model.h5", labels="classes.txt")),
    "HDF5 in capitals": (["MODEL.HDF5"], ModelFiles("h5", "MODEL.HDF5")),
    "a checkpoint": (["weights.best.hdf5"], ModelFiles("h5", "weights.best.hdf5")),
    ".keras": (["a.keras", "metadata.json"], ModelFiles("keras", "a.keras")),
    ".tflite": (["m.tflite"], ModelFiles("tflite", "m.tflite")),
    "SavedModel": (
        [
            "saved_model/saved_model.pb",
            "saved_model/keras_metadata.pb",
            "saved_model/variables/variables.index",
        ],
        ModelFiles("saved_model", "saved_model"),
    ),
    "SavedModel in the folder itself": (
        ["saved_model.pb", "variables/variables.index", LABELS],
        ModelFiles("saved_model", ".", labels=LABELS),
    ),
    "zip": (["model.zip"], ModelFiles("saved_model", "model.zip")),
    "left there by a Mac": (
        ["model.h5", ".DS_Store", "._model.h5", "__MACOSX/._model.h5"],
        ModelFiles("h5", "model.h5"),
    ),
    "weights to come": (
        ["architecture.json", LABELS],
        ModelFiles("json+h5", "architecture.json", labels=LABELS, waiting_for=("weights.h5",)),
    ),
    "architecture to come": (
        ["weights.h5"],
        ModelFiles("json+h5", "", "weights.h5", waiting_for=("architecture.json",)),
    ),
    "architecture to come, by the name of Keras 3": (
        ["model.weights.h5"],
        ModelFiles("json+h5", "", "model.weights.h5", waiting_for=("architecture.json",)),
    ),
}


@pytest.mark.parametrize(("names", "files"), FOUND.values(), ids=FOUND.keys())
def test_the_model_is_found_by_its_names(names: list[str], files: ModelFiles) -> None:
    assert find_model_files(names) == files
    assert files.complete == (not files.waiting_for)


REFUSED = {
    "nothing": ([], "no model"),
    "pictures": (["a.jpg"], "a.jpg"),
    "a pickle": (["model.pkl"], "model.pkl"),
    "PyTorch": (["model.pt"], "no Keras model"),
    "two whole models": (["a.keras", "b.tflite"], "a.keras and b.tflite"),
    "two H5": (["a.h5", "b.h5"], "a.h5, b.h5; leave one"),
    "a whole model beside weights": (
        ["architecture.json", "model.h5", "weights.h5"],
        "more than one file could be the weights: model.h5, weights.h5; leave one of them",
    ),
    "architectures of both names": (
        ["architecture.json", "model.json", "weights.h5"],
        "could be the architecture: architecture.json, model.json; leave one",
    ),
    "two SavedModels": (["a/saved_model.pb", "b/saved_model.pb"], "more than one"),
    "TensorFlow.js": (
        ["model.json", "group1-shard1of2.bin", "group1-shard2of2.bin"],
        "model.json with group1-shard1of2.bin is a model of TensorFlow.js; turn it back with",
    ),
    "TensorFlow.js of Teachable Machine": (
        ["metadata.json", "model.json", "weights.bin"],
        "model.json with weights.bin is a model of TensorFlow.js",
    ),
    "YAML": (["model.yaml", "model_weights.h5"], "the architecture in model.yaml is YAML"),
    "two architectures": (["net_a.json", "net_b.json", "weights.h5"], "architecture.json"),
}


@pytest.mark.parametrize(("names", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_model_or_more_than_one_is_told_in_words(names: list[str], says: str) -> None:
    with pytest.raises(UnreadableModel) as refused:
        find_model_files(names)
    assert says in str(refused.value)
