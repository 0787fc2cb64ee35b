"""The LiteRT loader: a flatbuffer in, a pool of interpreters out."""

from __future__ import annotations

from contextlib import suppress
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
    """Interpreters of one model: one that uses every core, and one for each core.

    A picture that is alone is computed by all cores; several at once get a core each, which
    wastes none of them on waiting for one another. The numbers are the same, bit for bit. An
    interpreter belongs to one thread while it runs and releases the GIL; those of one core are
    made as they are asked for, the last used first, so that a process with one caller at a time
    never makes a second.
    """

    def __init__(self, model: bytes, first: Interpreter) -> None:
        self._model = model
        self._input = first.get_input_details()[0]
        self._output = first.get_output_details()[0]
        self.input_type = _tensor_type(self._input)
        self._output_type = _tensor_type(self._output)
        self._wide: LifoQueue[Interpreter] = LifoQueue()
        self._wide.put(first)
        # On one core the wide one is a narrow one.
        self._narrow: LifoQueue[Interpreter] = LifoQueue() if cores() > 1 else self._wide
        self._unmade = cores() if cores() > 1 else 0
        self._lock = Lock()

    def run(self, tensor: NDArray[Any], *, alone: bool = False) -> NDArray[np.float32]:
        """`(1, height, width, channels)` of the input's dtype → `(classes,)` float32.

        Raises `ModelError` when an operator fails, which no check before running can tell.
        """
        queue, interpreter = self._take(alone)
        try:
            interpreter.set_tensor(self._input["index"], tensor)
            interpreter.invoke()
            output = interpreter.get_tensor(self._output["index"])
        except (ValueError, RuntimeError) as exc:
            raise ModelError(f"LiteRT cannot run the model: {exc}") from exc
        finally:
            queue.put(interpreter)
        return self._output_type.dequantise(output[0])

    def _take(self, alone: bool) -> tuple[LifoQueue[Interpreter], Interpreter]:
        """An interpreter and where it goes back: an idle one, a new one, or the next idle."""
        for queue in (self._wide, self._narrow) if alone else (self._narrow,):
            with suppress(Empty):
                return queue, queue.get_nowait()
        with self._lock:
            make = self._unmade > 0
            self._unmade -= make
        return self._narrow, make_interpreter(self._model) if make else self._narrow.get()


def load_litert(bundle: Bundle) -> LiteRTRuntime:
    """The runtime of a LiteRT bundle; `ModelError` if the model is not what the manifest says."""
    model = bundle.read(MODEL_FILE["litert"])
    try:
        interpreter = make_interpreter(model, threads=cores())
    except (ValueError, RuntimeError) as exc:
        raise ModelError(f"LiteRT cannot load the model: {exc}") from exc
    _check(interpreter, bundle)
    return LiteRTRuntime(model, interpreter)


def make_interpreter(model: bytes, threads: int = 1) -> Interpreter:
    """An interpreter of so many threads, its tensors allocated."""
    interpreter = Interpreter(model_content=model, num_threads=threads)
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
