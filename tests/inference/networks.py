"""Tiny LiteRT networks, put together table by table, without TensorFlow.

The honest one answers with the mean of each channel: three classes, red, green and blue, and
the picture's dominant colour is the best of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Literal

import numpy as np

# Both come without types; here they make bytes and nothing else.
_schema: Any = import_module("ai_edge_litert.schema_py_generated")
_flatbuffers: Any = import_module("flatbuffers")

DType = Literal["float32", "uint8", "int8"]
Flaw = Literal["two outputs", "custom operator", "fails when it runs"]

QUANTISATION: dict[str, tuple[float, int]] = {"uint8": (1 / 255, 0), "int8": (1 / 255, -128)}
"""Scale and zero point of input and output: the recipe must bring pixels to 0…1."""

CUSTOM_OPERATOR = "FrobnicateV2"


def channel_means(width: int, height: int, dtype: DType, flaw: Flaw | None = None) -> bytes:
    """A `.tflite`: `(1, height, width, 3)` of `dtype` → `(1, 3)`, the mean of each channel."""
    model = _schema.ModelT()
    model.version = 3
    model.description = "the mean of each channel"
    model.buffers = [
        _buffer(),
        _buffer(np.array([1, 2], np.int32)),
        _buffer(np.array([7], np.int32)),
    ]
    model.operatorCodes = [_code("MEAN")]
    graph = _schema.SubGraphT()
    graph.tensors = [
        _tensor("picture", [1, height, width, 3], dtype),
        _tensor("axes", [2], "int32", buffer=1),
        _tensor("means", [1, 3], dtype),
    ]
    mean = _operator(0, [0, 1], [2])
    mean.builtinOptionsType = _schema.BuiltinOptions.ReducerOptions
    mean.builtinOptions = _schema.ReducerOptionsT()
    graph.operators, graph.inputs, graph.outputs = [mean], [0], [2]
    if flaw == "two outputs":
        graph.outputs = [2, 2]
    elif flaw == "custom operator":
        model.operatorCodes.append(_code("CUSTOM"))
        model.operatorCodes[1].customCode = CUSTOM_OPERATOR
        graph.tensors.append(_tensor("frobnicated", [1, 3], dtype))
        graph.operators.append(_operator(1, [2], [3]))
        graph.outputs = [3]
    elif flaw == "fails when it runs":
        # The eighth of three channels: found out when the index is looked up.
        model.operatorCodes.append(_code("GATHER"))
        graph.tensors += [_tensor("index", [3], "int32", buffer=2), _tensor("x", [1, 3], dtype)]
        model.buffers[2] = _buffer(np.array([7, 7, 7], np.int32))
        gather = _operator(1, [2, 3], [4])
        gather.builtinOptionsType = _schema.BuiltinOptions.GatherOptions
        gather.builtinOptions = _schema.GatherOptionsT()
        gather.builtinOptions.axis = 1
        graph.operators.append(gather)
        graph.outputs = [4]
    model.subgraphs = [graph]
    builder = _flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _code(name: str) -> Any:
    code = _schema.OperatorCodeT()
    code.builtinCode = getattr(_schema.BuiltinOperator, name)
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    code.version = 2 if name == "MEAN" else 1
    return code


def _operator(code: int, inputs: list[int], outputs: list[int]) -> Any:
    operator = _schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, inputs, outputs
    return operator


def _buffer(content: np.ndarray[Any, Any] | None = None) -> Any:
    buffer = _schema.BufferT()
    if content is not None:
        buffer.data = np.frombuffer(content.tobytes(), np.uint8)
    return buffer


def _tensor(name: str, shape: list[int], dtype: str, buffer: int = 0) -> Any:
    tensor = _schema.TensorT()
    tensor.name, tensor.shape, tensor.buffer = name, shape, buffer
    tensor.type = getattr(_schema.TensorType, dtype.upper())
    if dtype in QUANTISATION:
        scale, zero_point = QUANTISATION[dtype]
        tensor.quantization = _schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [scale], [zero_point]
    return tensor
