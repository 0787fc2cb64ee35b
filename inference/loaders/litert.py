"""The LiteRT loader: a flatbuffer in, a pool of interpreters out."""

from __future__ import annotations

from queue import Empty, LifoQueue
from threading import Lock
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from inference.bundle import Bundle
from inference.cores import cores
from inference.errors import ModelError
from inference.manifest import MODEL_FILE
from inference.tensors import TensorType


class LiteRTRuntime:
    """Interpreters of one model, made as threads ask for them, at most one per core.

    An interpreter belongs to one thread while it runs and releases the GIL, so as many pictures
    are classified at once as there are cores. The one that was used last is taken first: a
    process with one caller at a time never makes a second.
    """

    def __init__(self, model: bytes, first: Interpreter) -> None:
        self._model = model
        self._input = first.get_input_details()[0]
        self._output = first.get_output_details()[0]
        self.input_type = _tensor_type(self._input)
        self._output_type = _tensor_type(self._output)
        self._idle: LifoQueue[Interpreter] = LifoQueue()
        self._idle.put(first)
        self._unmade = cores() - 1
        self._lock = Lock()

    def run(self, tensor: NDArray[Any]) -> NDArray[np.float32]:
        """`(1, height, width, channels)` of the input's dtype → `(classes,)` float32.

        Raises `ModelError` when an operator fails, which no check before running can tell.
        """
        interpreter = self._take()
        try:
            interpreter.set_tensor(self._input["index"], tensor)
            interpreter.invoke()
            output = interpreter.get_tensor(self._output["index"])
        except (ValueError, RuntimeError) as exc:
            raise ModelError(f"LiteRT cannot run the model: {exc}") from exc
        finally:
            self._idle.put(interpreter)
        return self._output_type.dequantise(output[0])

    def _take(self) -> Interpreter:
        """An idle interpreter, a new one while there are fewer than cores, or the next idle."""
        try:
            return self._idle.get_nowait()
        except Empty:
            pass
        with self._lock:
            make = self._unmade > 0
            self._unmade -= make
        return make_interpreter(self._model) if make else self._idle.get()


def load_litert(bundle: Bundle) -> LiteRTRuntime:
    """The runtime of a LiteRT bundle; `ModelError` if the model is not what the manifest says."""
    model = bundle.read(MODEL_FILE["litert"])
    try:
        interpreter = make_interpreter(model)
    except (ValueError, RuntimeError) as exc:
        raise ModelError(f"LiteRT cannot load the model: {exc}") from exc
    _check(interpreter, bundle)
    return LiteRTRuntime(model, interpreter)


def make_interpreter(model: bytes) -> Interpreter:
    """An interpreter of one thread, its tensors allocated."""
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    return interpreter


def _check(interpreter: Interpreter, bundle: Bundle) -> None:
    """Compare the model's own tensors with the words of the manifest."""
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelError(
            f"the model has {len(inputs)} inputs and {len(outputs)} outputs; "
            "a classifier has one of each"
        )
    size, manifest = bundle.manifest.input, bundle.manifest
    expected = [1, size.height, size.width, manifest.recipe.channels]
    found = {
        "input shape": (inputs[0]["shape"].tolist(), expected),
        "input dtype": (np.dtype(inputs[0]["dtype"]).name, size.dtype),
        "output shape": (outputs[0]["shape"].tolist(), [1, manifest.output.classes]),
    }
    wrong = [
        f"{what} {is_} instead of {should}"
        for what, (is_, should) in found.items()
        if is_ != should
    ]
    if wrong:
        raise ModelError(f"the model differs from its manifest: {'; '.join(wrong)}")


def _tensor_type(details: dict[str, Any]) -> TensorType:
    scale, zero_point = details["quantization"]
    return TensorType(np.dtype(details["dtype"]), float(scale), int(zero_point))
