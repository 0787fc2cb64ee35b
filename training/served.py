"""The model that will be served: a flatbuffer, or failing that a Keras file of today."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.errors import ModelError
from inference.keras_files import find_model_files, load
from inference.loaders.litert import LiteRTRuntime, make_interpreter
from inference.scores import Activation
from training import litert
from training.jobs import KERAS_FILE, LITERT_FILE, Job
from training.networks import Network
from training.proof import Scheme
from training.sigmoid import append_sigmoid

Tensors = Sequence[NDArray[np.float32]]
ToLiteRT = Callable[[Any, Scheme, Tensors], bytes]


@dataclass(frozen=True, slots=True)
class Served:
    """How to ask the model, and what it applies to its logits.

    `inexpressible` says why it is no flatbuffer.
    """

    ask: Callable[[Tensors], NDArray[np.float32]]
    activation: Activation
    inexpressible: str | None = None


def to_litert(network: Any, scheme: Scheme, calibration: Tensors) -> bytes:
    """`network` as a flatbuffer; `ModelError` if LiteRT cannot express it so."""
    match scheme:
        case "none":
            return litert.to_float32(network)
        case "float16":
            return litert.to_float16(network)
        case "int8":
            return litert.to_int8(network, calibration)


def as_flatbuffer(
    job: Job,
    network: Network,
    original: Any,
    activation: Activation,
    calibration: Tensors,
    to_litert: ToLiteRT,
) -> Served:
    """`original`, which `network` built, as a flatbuffer in the job's folder.

    Kept as a Keras file where LiteRT cannot express it in float32; `ModelError` where it cannot in
    fewer bits.
    """
    # Scores in 8 bits come in steps of 1/256: the last activation is left to floats.
    cut = job.scheme == "int8" and activation != "none" and network.ending is not None
    made = network.build(original.output_shape[-1], linear=True) if cut else original
    try:
        model = to_litert(made, job.scheme, calibration)
    except ModelError as exc:
        if job.scheme != "none":
            raise ModelError(f"{exc}; --quantise none may be possible") from exc
        return as_keras_file(job, network, original, activation, str(exc))
    if cut and activation == "sigmoid":
        model = append_sigmoid(model)
    elif cut:
        activation = "none"
    (job.out / LITERT_FILE).write_bytes(model)
    runtime = LiteRTRuntime(model, make_interpreter(model))
    quantise = runtime.input_type.quantise

    def ask(tensors: Tensors) -> NDArray[np.float32]:
        return np.stack([runtime.run(quantise(each.astype(np.float64))) for each in tensors])

    return Served(ask, activation)


def as_keras_file(
    job: Job, network: Network, original: Any, activation: Activation, reason: str
) -> Served:
    """The model as a Keras file of today, read back; a SavedModel stays what it is.

    `reason` is why it is no flatbuffer. Raises `ModelError` for a SavedModel that must be changed.
    """
    names = [path.relative_to(job.source).as_posix() for path in job.source.rglob("*")]
    if find_model_files(names).format == "saved_model":  # a graph, which no Keras file holds
        if network.flat or network.outputs != job.labels:
            raise ModelError(f"{reason}; and TensorFlow cannot serve this SavedModel as it is")
        return Served(lambda tensors: predict(original, tensors), activation, reason)
    (job.out / LITERT_FILE).unlink(missing_ok=True)
    folder = job.out / "kept"
    folder.mkdir(exist_ok=True)
    original.save(folder / KERAS_FILE)
    again = load(folder).model
    (folder / KERAS_FILE).replace(job.out / KERAS_FILE)
    return Served(lambda tensors: predict(again, tensors), activation, reason)


def predict(network: Any, tensors: Tensors) -> NDArray[np.float32]:
    """`(pictures, classes)` of the network's own output.

    One by one, because eight pictures of 380 × 380 at once take gigabytes; layer by layer, because
    tracing, as Keras's `predict` does, takes longer than a hundred pictures.
    """
    answers = [np.asarray(network(tensor, training=False)) for tensor in tensors]
    return np.concatenate(answers).astype(np.float32)
