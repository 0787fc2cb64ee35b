"""Every form that a model comes in is converted, and the copy answers like the writer to 1e-5."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.loaders.litert import LiteRTRuntime, make_interpreter
from tests.inference.keras_files import keras1
from tests.inference.keras_files.networks import (
    CLASSES,
    FORMATS,
    Library,
    answers,
    network,
    pictures,
)
from tests.inference.keras_files.test_keras1 import picture_network
from tests.inference.keras_files.written import ORDERS
from training.jobs import LITERT_FILE, Conversion, Job, run
from training.litert import to_float32
from training.proof import check

pytestmark = pytest.mark.tensorflow
TOLERANCE = 1e-5

WAYS = [(library, form) for library, forms in FORMATS.items() for form in forms]


@cache
def networks(library: Library) -> Any:
    """One small network `(n, 16, 12, 3)` to five scores, of layers that classifiers have."""
    return network(library, "functional")


def converted(source: Path, out: Path, classes: int) -> tuple[Conversion, NDArray[np.float32]]:
    """What became of the files in `source`, and what the copy answers to the pictures."""
    out.mkdir()
    conversion = run(Job(source, out, classes))
    model = (out / LITERT_FILE).read_bytes()
    runtime = LiteRTRuntime(model, make_interpreter(model))
    # A runtime may give its own memory out: each answer is kept before the next is asked for.
    given = [np.array(runtime.run(each[None])) for each in pictures()]
    return conversion, np.stack(given)


@pytest.mark.parametrize(("library", "form"), WAYS, ids=["-".join(way) for way in WAYS])
def test_what_either_keras_writes_answers_the_same_once_converted(
    tmp_path: Path, library: Library, form: str
) -> None:
    model = networks(library)
    source = tmp_path / "source"
    source.mkdir()
    with redirect_stdout(io.StringIO()):
        FORMATS[library][form](model, source)

    conversion, given = converted(source, tmp_path / "out", CLASSES)

    assert conversion.loader == "litert"
    assert conversion.proof is not None
    check(conversion.proof, "none")
    assert np.abs(given - answers(model)).max() <= TOLERANCE


@pytest.mark.parametrize("order", ["Theano, channels first", "TensorFlow, channels last"])
def test_what_keras_1_wrote_answers_the_same_once_converted(tmp_path: Path, order: str) -> None:
    how = ORDERS[order]
    written = picture_network(how)
    source = tmp_path / "source"
    source.mkdir()
    backend = "theano" if how.theano else "tensorflow"
    keras1.write_whole(source, written.config, written.layers, backend)

    conversion, given = converted(source, tmp_path / "out", written.answers.shape[1])

    assert conversion.written_by.startswith("Keras 1")
    assert np.abs(given - written.answers).max() <= TOLERANCE


def test_a_litert_model_answers_as_it_did(tmp_path: Path) -> None:
    model = networks("keras")
    source = tmp_path / "source"
    source.mkdir()
    (source / "model.tflite").write_bytes(to_float32(model))

    conversion, given = converted(source, tmp_path / "out", CLASSES)

    assert (conversion.loader, conversion.proof) == ("litert", None)
    assert np.abs(given - answers(model)).max() <= TOLERANCE
