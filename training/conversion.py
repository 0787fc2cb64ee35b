"""From Keras files to a flatbuffer and its proof: what happens in the child process."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.errors import ModelError
from inference.keras_files import load
from inference.keras_files.loading import LoadedModel
from inference.pictures.decoding import PictureLimits, decode
from inference.scores import Activation, to_scores
from inference.tensors import TensorTable, TensorType
from training import litert
from training.checks import check_finite, classes_for, judge_activation
from training.generated import random_pixels
from training.jobs import Conversion, Job
from training.networks import Network, understand
from training.notes import notes_on
from training.precision import in_full_precision, why_kept
from training.proof import Proof, Scores, measure
from training.recipes import scalings
from training.served import (
    Served,
    Tensors,
    ToLiteRT,
    as_flatbuffer,
    as_keras_file,
    predict,
    to_litert,
)

_RANDOM_PICTURES = 8
_FLOAT32 = TensorType(np.dtype(np.float32))
_LIBRARIES = {"keras": "keras", "tf_keras": "tf-keras"}


def convert(job: Job, to_litert: ToLiteRT = to_litert) -> Conversion:
    """Read → understand → ask → convert → ask again and compare.

    Raises `ModelError`: the files are no classifier that can be served, or not for these labels.
    What LiteRT cannot express in float32, or only with other answers than an original that rounds
    to half precision gives, is kept for TensorFlow, saved by the Keras of today.
    """
    given = load(job.source)
    loaded = in_full_precision(given)
    network = understand(loaded.model, loaded.library, job.size)
    classes = classes_for(network.outputs, job.labels)
    random, pictures = _random_tensors(job, network), _tensors(job, network, job.pictures)
    original = network.build(network.outputs)
    outputs = predict(original, [*random, *pictures])
    check_finite(outputs)
    named = network.ending.activation if network.ending else None
    activation = judge_activation(named, outputs)
    if classes != network.outputs:
        original = network.build(classes, logits=activation == "none")
        outputs = predict(original, [*random, *pictures])
        activation = "none" if activation == "none" else "softmax"
    calibration = _tensors(job, network, job.calibration)
    served = as_flatbuffer(job, network, original, activation, calibration, to_litert)
    # Random pictures show whether the arithmetic is the same; what 8 bits cost, only real ones.
    first = len(random) if job.scheme != "none" and pictures and not job.generated else 0
    asked = [*random, *pictures][first:]
    copy = _Copy(served, _proof(served, asked, _scores(outputs[first:], activation)), loaded.mended)
    if loaded is not given:
        copy = _beside_the_given(job, given, asked, classes, activation, copy)
    return Conversion(
        loader="litert" if copy.served.inexpressible is None else "tensorflow",
        scheme=job.scheme,
        dtype="uint8" if job.scheme == "int8" else "float32",
        size=network.size,
        channels=network.channels,
        classes=classes,
        activation=copy.served.activation,
        library=loaded.library,
        written_by=loaded.written_by,
        made_by=_made_by(loaded.library),
        mended=copy.mended,
        notes=tuple(notes_on(network, classes)),
        parameters=network.parameters or None,
        proof=copy.proof,
        halved=loaded is not given,
        rounding=copy.rounding,
        inexpressible=copy.served.inexpressible,
    )


@dataclass(frozen=True, slots=True)
class _Copy:
    """What is served, how near it is to the original, and what was mended to make it.

    `rounding` is how far half precision takes the scores of an original that is kept for it.
    """

    served: Served
    proof: Proof
    mended: tuple[str, ...]
    rounding: float = 0.0


def _beside_the_given(
    job: Job,
    given: LoadedModel,
    asked: Tensors,
    classes: int,
    activation: Activation,
    copy: _Copy,
) -> _Copy:
    """The copy, compared with the original in half precision and not with that made float32.

    Where it is exact and the original rounds beyond the limit, the original itself is kept.
    """
    network = understand(given.model, given.library, job.size)
    original = network.build(classes, logits=activation == "none")
    scores = _scores(predict(original, asked), activation)
    proof = _proof(copy.served, asked, scores)
    reason = why_kept(given, exact=copy.proof, rounded=proof)
    # Without a recipe pictures come in every scaling, and most of them are none of the network's.
    if reason is None or job.scheme != "none" or job.recipe is None:
        return replace(copy, proof=proof)
    kept = as_keras_file(job, network, original, activation, reason)
    return _Copy(kept, _proof(kept, asked, scores), given.mended, proof.max_difference)


def _proof(served: Served, asked: Tensors, expected: Scores) -> Proof:
    return measure(_scores(served.ask(asked), served.activation), expected)


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


def _scores(outputs: NDArray[np.float32], activation: Activation) -> Scores:
    return np.stack([to_scores(row, activation) for row in outputs])


def _made_by(library: str) -> tuple[tuple[str, str], ...]:
    packages = ("ai-edge-litert", _LIBRARIES[library], "pillow")
    return (*litert.MADE_BY.items(), *((name, version(name)) for name in packages))
