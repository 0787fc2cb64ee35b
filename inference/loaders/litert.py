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


class Pool:
    """Interpreters of so many threads each, made as they are asked for, at most `most`.

    The last used is taken first, so that one caller at a time never makes a second. Safe to use
    from several threads.
    """

    def __init__(self, model: bytes, threads: int, most: int) -> None:
        self._model = model
        self._threads = threads
        self._unmade = most
        self._idle: LifoQueue[Interpreter] = LifoQueue()
        self._lock = Lock()

    def add(self, interpreter: Interpreter) -> None:
        """Take one in that was made already."""
        self._unmade -= 1
        self._idle.put(interpreter)

    def take_if_free(self) -> Interpreter | None:
        """An idle interpreter, or a new one while there may be one more, or None."""
        with suppress(Empty):
            return self._idle.get_nowait()
        with self._lock:
            make = self._unmade > 0
            self._unmade -= make
        return make_interpreter(self._model, self._threads) if make else None

    def take(self) -> Interpreter:
        """An interpreter, as soon as there is one."""
        return self.take_if_free() or self._idle.get()

    def give(self, interpreter: Interpreter) -> None:
        """Give back what was taken."""
        self._idle.put(interpreter)


class LiteRTRuntime:
    """Interpreters of one model: one that uses every core, and one for each core.

    A picture that is alone is computed by all cores; several at once get a core each, which
    wastes none of them on waiting for one another. The numbers are the same, bit for bit. An
    interpreter belongs to one thread while it runs, and releases the GIL.
    """

    def __init__(self, model: bytes, first: Interpreter, *, alone: bool = False) -> None:
        """`first` has been made for pictures that come `alone`, or else for several at once."""
        wide, narrow = (1, cores()) if cores() > 1 else (0, 1)
        self._narrow = Pool(model, 1, narrow)
        self._wide = Pool(model, cores(), wide) if wide else self._narrow
        (self._wide if alone else self._narrow).add(first)
        self._input = first.get_input_details()[0]
        self._output = first.get_output_details()[0]
        self.input_type = _tensor_type(self._input)
        self._output_type = _tensor_type(self._output)

    def run(self, tensor: NDArray[Any], *, alone: bool = False) -> NDArray[np.float32]:
        """`(1, height, width, channels)` of the input's dtype → `(classes,)` float32.

        Raises `ModelError` when an operator fails, which no check before running can tell.
        """
        wide = self._wide.take_if_free() if alone else None
        pool, interpreter = (self._wide, wide) if wide else (self._narrow, self._narrow.take())
        try:
            interpreter.set_tensor(self._input["index"], tensor)
            interpreter.invoke()
            output = interpreter.get_tensor(self._output["index"])
        except (ValueError, RuntimeError) as exc:
            raise ModelError(f"LiteRT cannot run the model: {exc}") from exc
        finally:
            pool.give(interpreter)
        return self._output_type.dequantise(output[0])


def load_litert(bundle: Bundle, *, alone: bool = False) -> LiteRTRuntime:
    """The runtime of a LiteRT bundle; `ModelError` if the model is not what the manifest says.

    Its first interpreter is the one for pictures that come `alone`, or for several at once.
    """
    model = bundle.read(MODEL_FILE["litert"])
    try:
        first = make_interpreter(model, cores() if alone else 1)
    except (ValueError, RuntimeError) as exc:
        raise ModelError(f"LiteRT cannot load the model: {exc}") from exc
    _check(first, bundle)
    return LiteRTRuntime(model, first, alone=alone)


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
