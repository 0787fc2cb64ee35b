"""Loaders: each turns a bundle into a runtime, and keeps its library to itself."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from inference.bundle import Bundle
from inference.errors import ModelError
from inference.tensors import TensorType


class Runtime(Protocol):
    """A network in memory that answers. Safe to call from several threads at once."""

    @property
    def input_type(self) -> TensorType:
        """What the input tensor is made of."""

    def run(self, tensor: NDArray[Any], *, alone: bool = False) -> NDArray[np.float32]:
        """`(1, height, width, channels)` of the input's dtype → `(classes,)` float32.

        `alone` says that nothing else wants a core now, so that all may work on this one.
        """


def load_runtime(bundle: Bundle, *, alone: bool = False) -> Runtime:
    """The runtime of `bundle`; `ModelError` if its loader cannot make one of it.

    It is made ready for pictures that come `alone`, or else for several at once.
    """
    match bundle.manifest.loader:
        case "litert":
            from inference.loaders.litert import load_litert  # each library only where it is used

            return load_litert(bundle, alone=alone)
        case "tensorflow":
            try:
                from inference.loaders.tensorflow import load_tensorflow
            except ModuleNotFoundError as exc:
                raise ModelError(
                    "the model is served by TensorFlow, which is not installed here: "
                    "make install-tensorflow, or take the container image `tensorflow`"
                ) from exc
            return load_tensorflow(bundle)
