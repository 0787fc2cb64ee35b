"""A sigmoid in float behind an integer flatbuffer: inside, 8 bits would hold the score."""

from __future__ import annotations

from tensorflow.lite.python import schema_py_generated as schema

_IDENTIFIER = b"TFL3"


def append_sigmoid(model: bytes) -> bytes:
    """`model`, a flatbuffer whose one output is `float32` logits, with a sigmoid behind them."""
    content = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(model, 0))
    [graph] = content.subgraphs
    [logits] = graph.outputs
    scores = _like(graph.tensors[logits])
    graph.tensors.append(scores)
    content.operatorCodes.append(_logistic())
    graph.operators.append(_operator(len(content.operatorCodes) - 1, logits, _last(graph)))
    graph.outputs = [_last(graph)]
    for signature in content.signatureDefs or []:
        for output in signature.outputs:
            output.tensorIndex = _last(graph)
    builder = schema.flatbuffers.Builder(len(model))
    builder.Finish(content.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


def _last(graph: schema.SubGraphT) -> int:
    return len(graph.tensors) - 1


def _like(logits: schema.TensorT) -> schema.TensorT:
    """A tensor of the same shape without content of its own, which buffer 0 stands for."""
    scores = schema.TensorT()
    scores.shape, scores.shapeSignature = logits.shape, logits.shapeSignature
    scores.type, scores.name, scores.buffer = logits.type, b"scores", 0
    return scores


def _logistic() -> schema.OperatorCodeT:
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.LOGISTIC
    code.version = 1
    return code


def _operator(code: int, entry: int, out: int) -> schema.OperatorT:
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, [entry], [out]
    return operator
