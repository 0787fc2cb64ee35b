"""A LiteRT network of dense layers, put together table by table, without TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Both come without types; here they make bytes and nothing else.
_schema: Any = import_module("ai_edge_litert.schema_py_generated")
_flatbuffers: Any = import_module("flatbuffers")

Layer = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Weights `(inputs, outputs)` and biases `(outputs,)`."""


def dense(layers: Sequence[Layer], side: int) -> bytes:
    """A `.tflite`: `(1, side, side, 1) float32` → logits, with a ReLU after all layers but one."""
    model, graph = _schema.ModelT(), _schema.SubGraphT()
    model.version, model.description, model.buffers = 3, "dense layers", [_schema.BufferT()]
    code = _schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = _schema.BuiltinOperator.FULLY_CONNECTED
    model.operatorCodes, graph.tensors, graph.operators = [code], [], []

    def tensor(shape: Sequence[int], content: NDArray[Any] | None = None) -> int:
        made = _schema.TensorT()
        made.name, made.shape = f"tensor {len(graph.tensors)}", list(shape)
        made.type = _schema.TensorType.FLOAT32
        if content is not None:
            buffer = _schema.BufferT()
            buffer.data = np.frombuffer(content.astype("<f4").tobytes(), np.uint8)
            made.buffer = len(model.buffers)
            model.buffers.append(buffer)
        graph.tensors.append(made)
        return len(graph.tensors) - 1

    at = tensor([1, side, side, 1])
    graph.inputs = [at]
    for number, (weights, biases) in enumerate(layers, start=1):
        operator, options = _schema.OperatorT(), _schema.FullyConnectedOptionsT()
        if number < len(layers):
            options.fusedActivationFunction = _schema.ActivationFunctionType.RELU
        operator.builtinOptionsType = _schema.BuiltinOptions.FullyConnectedOptions
        operator.builtinOptions, operator.opcodeIndex = options, 0
        constants = [tensor(weights.T.shape, weights.T), tensor(biases.shape, biases)]
        operator.inputs = [at, *constants]
        at = tensor([1, len(biases)])
        operator.outputs = [at]
        graph.operators.append(operator)
    graph.outputs = [at]
    model.subgraphs = [graph]
    builder = _flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())
