"""From Keras files to a flatbuffer and its proof: what happens in the child process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.errors import ModelError
from inference.keras_files import find_model_files, load
from inference.loaders.litert import LiteRTRuntime, make_interpreter
from inference.pictures import PictureLimits, decode
from inference.scores import Activation, to_scores
from inference.tensors import TensorTable, TensorType
from training import litert
from training.checks import check_finite, classes_for, judge_activation
from training.generated import random_pixels
from training.jobs import KERAS_FILE, LITERT_FILE, Conversion, Job
from training.networks import Network, understand
from training.notes import notes_on
from training.precision import in_full_precision
from training.proof import Scheme, Scores, measure
from training.recipes import scalings
from training.sigmoid import append_sigmoid

Tensors = Sequence[NDArray[np.float32]]
ToLiteRT = Callable[[Any, Scheme, Tensors], bytes]

_RANDOM_PICTURES = 8
_FLOAT32 = TensorType(np.dtype(np.float32))
_LIBRARIES = {"keras": "keras", "tf_keras": "tf-keras"}


def to_litert(network: Any, scheme: Scheme, calibration: Tensors) -> bytes:
    """`network` as a flatbuffer; `ModelError` if LiteRT cannot express it so."""
    match scheme:
        case "none":
            return litert.to_float32(network)
        case "float16":
            return litert.to_float16(network)
        case "int8":
            return litert.to_int8(network, calibration)


def convert(job: Job, to_litert: ToLiteRT = to_litert) -> Conversion:
    """Read → understand → ask → convert → ask again and compare.

    Raises `ModelError`: the files are no classifier that can be served, or not for these labels.
    What LiteRT cannot express in float32 is kept for TensorFlow, saved by the Keras of today.
    """
    given = load(job.source)
    loaded = in_full_precision(given)
    network = understand(loaded.model, loaded.library, job.size)
    classes = classes_for(network.outputs, job.labels)
    random, pictures = _random_tensors(job, network), _tensors(job, network, job.pictures)
    original = network.build(network.outputs)
    outputs = _predict(original, [*random, *pictures])
    check_finite(outputs)
    named = network.ending.activation if network.ending else None
    activation = judge_activation(named, outputs)
    if classes != network.outputs:
        original = network.build(classes, logits=activation == "none")
        outputs = _predict(original, [*random, *pictures])
        activation = "none" if activation == "none" else "softmax"
    if loaded is not given:  # the copy is compared with what was given, and not with another copy
        half = understand(given.model, given.library, job.size)
        as_given = half.build(classes, logits=activation == "none")
        outputs = _predict(as_given, [*random, *pictures])
    copy = _copy(job, network, original, activation, to_litert)
    # Random pictures show whether the arithmetic is the same; what 8 bits cost, only real ones.
    first = len(random) if job.scheme != "none" and pictures and not job.generated else 0
    expected = _scores(outputs[first:], activation)
    answers = _scores(copy.ask([*random, *pictures][first:]), copy.activation)
    return Conversion(
        loader="litert" if copy.inexpressible is None else "tensorflow",
        scheme=job.scheme,
        dtype="uint8" if job.scheme == "int8" else "float32",
        size=network.size,
        channels=network.channels,
        classes=classes,
        activation=copy.activation,
        library=loaded.library,
        written_by=loaded.written_by,
        made_by=_made_by(loaded.library),
        mended=loaded.mended,
        notes=tuple(notes_on(network, classes)),
        parameters=network.parameters or None,
        proof=measure(answers, expected),
        halved=loaded is not given,
        inexpressible=copy.inexpressible,
    )


@dataclass(frozen=True, slots=True)
class _Copy:
    """The model that will be served: how to ask it, and what it applies to its logits."""

    ask: Callable[[Tensors], NDArray[np.float32]]
    activation: Activation
    inexpressible: str | None = None


def _copy(
    job: Job, network: Network, original: Any, activation: Activation, to_litert: ToLiteRT
) -> _Copy:
    """Write the flatbuffer, or failing that a Keras file, to the job's folder."""
    # Scores in 8 bits come in steps of 1/256: the last activation is left to floats.
    cut = job.scheme == "int8" and activation != "none" and network.ending is not None
    made = network.build(original.output_shape[-1], linear=True) if cut else original
    try:
        model = to_litert(made, job.scheme, _tensors(job, network, job.calibration))
    except ModelError as exc:
        if job.scheme != "none":
            raise ModelError(f"{exc}; --quantise none may be possible") from exc
        return _keep(job, network, original, activation, str(exc))
    if cut and activation == "sigmoid":
        model = append_sigmoid(model)
    elif cut:
        activation = "none"
    (job.out / LITERT_FILE).write_bytes(model)
    runtime = LiteRTRuntime(model, make_interpreter(model))
    quantise = runtime.input_type.quantise

    def ask(tensors: Tensors) -> NDArray[np.float32]:
        return np.stack([runtime.run(quantise(each.astype(np.float64))) for each in tensors])

    return _Copy(ask, activation)


def _keep(job: Job, network: Network, original: Any, activation: Activation, reason: str) -> _Copy:
    """The model as a Keras file of today, and proof that it reads back as what it was."""
    names = [path.relative_to(job.source).as_posix() for path in job.source.rglob("*")]
    if find_model_files(names).format == "saved_model":  # a graph, which no Keras file holds
        if network.flat or network.outputs != job.labels:
            raise ModelError(f"{reason}; and TensorFlow cannot serve this SavedModel as it is")
        return _Copy(lambda tensors: _predict(original, tensors), activation, reason)
    folder = job.out / "kept"
    folder.mkdir()
    original.save(folder / KERAS_FILE)
    again = load(folder).model
    (folder / KERAS_FILE).replace(job.out / KERAS_FILE)
    return _Copy(lambda tensors: _predict(again, tensors), activation, reason)


def _random_tensors(job: Job, network: Network) -> Tensors:
    """Random pictures through the recipe; without one, through every known scaling by turns."""
    pixels = random_pixels(_RANDOM_PICTURES, network.size, network.channels)
    known = [named.recipe for named in scalings(network.channels)]
    recipes = [job.recipe] if job.recipe else known
    tables = [TensorTable(recipe, _FLOAT32) for recipe in recipes]
    return [tables[turn % len(tables)].tensor(each) for turn, each in enumerate(pixels)]


def _tensors(job: Job, network: Network, pictures: Iterable[Path]) -> Tensors:
    """The picture files as the network's recipe makes tensors of them."""
    if job.recipe is None:
        return []
    if job.recipe.channels != network.channels:
        raise ModelError(
            f"the recipe makes pictures of {job.recipe.channels} channels; the network looks at "
            f"{network.channels}: set the recipe's colour"
        )
    table = TensorTable(job.recipe, _FLOAT32)
    limits = PictureLimits()
    return [
        table.tensor(decode(path.read_bytes(), network.size, job.recipe, limits).pixels)
        for path in pictures
    ]


def _predict(network: Any, tensors: Tensors) -> NDArray[np.float32]:
    """`(pictures, classes)` of the network's own output.

    One by one, because eight pictures of 380 × 380 at once take gigabytes; layer by layer, because
    tracing, as `predict` does, takes longer than a hundred pictures.
    """
    answers = [np.asarray(network(tensor, training=False)) for tensor in tensors]
    return np.concatenate(answers).astype(np.float32)


def _scores(outputs: NDArray[np.float32], activation: Activation) -> Scores:
    return np.stack([to_scores(row, activation) for row in outputs])


def _made_by(library: str) -> tuple[tuple[str, str], ...]:
    packages = ("ai-edge-litert", _LIBRARIES[library], "pillow")
    return (*litert.MADE_BY.items(), *((name, version(name)) for name in packages))
