"""The packages import each other in one direction, and each library has one home."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.layering import ARROWS, HOMES, violations

ROOT = Path(__file__).parents[1]


def test_no_module_imports_against_the_arrows_of_the_design() -> None:
    assert violations(ROOT) == []


@pytest.mark.parametrize("package", ARROWS)
def test_every_package_of_the_design_is_there_to_be_checked(package: str) -> None:
    assert (ROOT / package / "__init__.py").is_file()


WRONG = {
    "api imports training": ("api/publish.py", "import training.publish", "training.publish"),
    "api imports cli": ("api/app.py", "from cli import main", "cli.main"),
    "training imports api": ("training/publish.py", "from api.app import app", "api.app.app"),
    "training imports cli": ("training/publish.py", "import cli", "cli"),
    "inference imports training": (
        "inference/bundle.py",
        "from training.convert import convert",
        "training.convert.convert",
    ),
    "inference imports api": ("inference/deep/down.py", "import api.app as it", "api.app"),
    "by a relative path": ("inference/deep/down.py", "from ...cli import main", "cli.main"),
    "inside a function": ("api/app.py", "def f():\n    import training", "training"),
    "by import_module": (
        "api/app.py",
        "import importlib\nimportlib.import_module('training.convert')",
        "training.convert",
    ),
    "by __import__": ("inference/swap.py", "__import__('cli.main')", "cli.main"),
    "boto3": ("api/results.py", "import boto3", "boto3"),
    "botocore's exceptions": (
        "inference/stores.py",
        "from botocore.exceptions import ClientError",
        "botocore.exceptions.ClientError",
    ),
    "Pillow": ("training/calibrate.py", "from PIL import Image", "PIL.Image"),
    "os.environ": ("api/app.py", "import os\nos.environ['A']", "os.environ"),
    "os under another name": ("cli/serve.py", "import os as o\no.getenv('A')", "os.getenv"),
    "environ by name": ("training/a.py", "from os import environ", "os.environ"),
    "LiteRT": (
        "inference/classifier.py",
        "from ai_edge_litert.interpreter import Interpreter",
        "ai_edge_litert.interpreter.Interpreter",
    ),
    "LiteRT in training": ("training/read.py", "import ai_edge_litert", "ai_edge_litert"),
    "TensorFlow": ("inference/bundle.py", "def f():\n    import tensorflow as tf", "tensorflow"),
    "Keras": ("cli/train.py", "import keras", "keras"),
    "Keras 2": (
        "api/app.py",
        "from tf_keras.models import load_model",
        "tf_keras.models.load_model",
    ),
    "FastAPI": ("inference/errors.py", "from fastapi import Request", "fastapi.Request"),
    "Starlette": ("cli/serve.py", "import starlette", "starlette"),
    "Mangum": ("training/publish.py", "import mangum", "mangum"),
}


@pytest.mark.parametrize(("path", "source", "imported"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_import_is_reported_with_its_file_and_line(
    tmp_path: Path, path: str, source: str, imported: str
) -> None:
    write(tmp_path, path, f'"""A module."""\n\n{source}\n')

    found = violations(tmp_path)

    line = 3 + source.count("\n")
    assert [(each.path, each.line, each.imported) for each in found] == [(path, line, imported)]
    assert str(found[0]).startswith(f"{path}:{line}: {imported}: ")


RIGHT = {
    "api imports inference": ("api/app.py", "from inference.classifier import Classifier"),
    "cli imports training": ("cli/publish.py", "from training.publish import publish"),
    "cli imports api": ("cli/serve.py", "import api.app"),
    "training imports inference": ("training/proof.py", "import inference.recipe"),
    "a package imports itself": ("inference/swap.py", "from . import bundle"),
    "a sibling, by a relative path": ("inference/deep/down.py", "from ..bundle import read"),
    "boto3 at home": ("inference/s3/clients.py", "import boto3"),
    "its exceptions at home": ("inference/s3/faults.py", "import botocore.exceptions"),
    "Pillow at home": ("inference/pictures/decoding.py", "from PIL import Image"),
    "environment at home": ("inference/environment.py", "import os\nos.environ['A']"),
    "LiteRT at home": ("inference/loaders/litert.py", "import ai_edge_litert"),
    "TensorFlow for Keras files": ("inference/keras_files/readers.py", "import tf_keras"),
    "TensorFlow at home": ("inference/loaders/tensorflow.py", "import tensorflow, tf_keras"),
    "TensorFlow in training": ("training/deep/down.py", "import keras"),
    "FastAPI at home": ("api/routes/classify.py", "from fastapi import Request"),
    "another attribute of os": ("api/app.py", "import os\nos.replace('a', 'b')"),
    "a name that only begins alike": ("api/app.py", "import kerastuner, trainings"),
}


@pytest.mark.parametrize(("path", "source"), RIGHT.values(), ids=RIGHT.keys())
def test_a_right_import_is_not_reported(tmp_path: Path, path: str, source: str) -> None:
    write(tmp_path, path, source)

    assert violations(tmp_path) == []


@pytest.mark.parametrize("name", [name for names in HOMES for name in names])
def test_every_name_with_a_home_is_refused_outside_it(tmp_path: Path, name: str) -> None:
    module, _, attribute = name.partition(".")
    source = f"from {module} import {attribute}" if attribute else f"import {module}"
    write(tmp_path, "cli/main.py", source)

    assert [each.imported for each in violations(tmp_path)] == [name]


def write(root: Path, path: str, source: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source, encoding="utf-8")
