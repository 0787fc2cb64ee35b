"""The TensorFlow loader: Keras files in, one compiled function out.

For the model that LiteRT cannot express, and for plain Keras files during development. Importing
this module takes TensorFlow's seconds and its half gigabyte.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from inference.bundle import Bundle
from inference.errors import ModelError
from inference.keras_files import load
from inference.manifest import SOURCE
from inference.tensors import TensorType

Shape = tuple[int, int, int]


class TensorFlowRuntime:
    """A Keras model as one function, traced once for one picture at a time.

    TensorFlow runs it from several threads at once, with as many threads of its own as there
    are cores.
    """

    input_type = TensorType(np.dtype(np.float32))

    def __init__(self, model: Any, shape: Shape) -> None:
        """`shape` is `(height, width, channels)`; raises `ModelError` when that is not taken."""
        self._model = model  # the function holds its variables weakly
        picture = tf.TensorSpec((1, *shape), tf.float32)
        try:
            function = tf.function(lambda tensor: model(tensor, training=False))
            self._function = function.get_concrete_function(picture)
        except (ValueError, TypeError, tf.errors.OpError) as exc:
            raise ModelError(f"TensorFlow cannot run the model on {shape} numbers") from exc

    def run(self, tensor: NDArray[Any], *, alone: bool = False) -> NDArray[np.float32]:  # noqa: ARG002 - TensorFlow shares the cores out by itself
        """`(1, height, width, channels)` float32 → `(classes,)` float32.

        Raises `ModelError` when an operation fails.
        """
        try:
            output = self._function(tf.constant(tensor))
        except tf.errors.OpError as exc:
            raise ModelError(f"TensorFlow cannot run the model: {type(exc).__name__}") from exc
        numbers: NDArray[np.float32] = np.asarray(output, dtype=np.float32).reshape(-1)
        return numbers


def load_tensorflow(bundle: Bundle) -> TensorFlowRuntime:
    """The runtime of a bundle's Keras files; `ModelError` if they are not what it says."""
    size, recipe = bundle.manifest.input, bundle.manifest.recipe
    sources = [name for name in bundle.manifest.files if name.startswith(SOURCE)]
    with TemporaryDirectory(prefix="microlens-") as place:
        for name in sources:
            path = Path(place) / name.removeprefix(SOURCE)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bundle.read(name))
        shape = (size.height, size.width, recipe.channels)
        runtime = TensorFlowRuntime(load(Path(place)).model, shape)
    _check(runtime, shape, bundle.manifest.output.classes)
    return runtime


def _check(runtime: TensorFlowRuntime, shape: Shape, classes: int) -> None:
    """Ask once, which also makes TensorFlow prepare what it prepares at the first call."""
    answers = len(runtime.run(np.zeros((1, *shape), np.float32)))
    if answers != classes:
        raise ModelError(
            f"the model differs from its manifest: {answers} outputs instead of {classes}"
        )
