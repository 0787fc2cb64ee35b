"""A SavedModel's graph, looked at without TensorFlow: its operations and its signature.

`saved_model.pb` is a protobuf. A few of its fields are enough, so they are walked by hand: the
field numbers are those of `saved_model.proto`, `meta_graph.proto`, `graph.proto`,
`function.proto`, `attr_value.proto` and `tensor_shape.proto`, which never change. What Keras 2
wrote beside the graph to make Python objects of it (`keras_metadata.pb`) is never read: the
graph is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from inference.errors import HostileModel, UnreadableModel
from inference.keras_files.graph_scalings import scaling_layers
from inference.keras_files.limits import MAX_GRAPH_BYTES
from inference.keras_files.names import GRAPH
from inference.keras_files.operations import GRAPH_OPERATIONS, SAVING_OPERATIONS
from inference.keras_files.protobuf import Message, fields, first, parts

SIGNATURES = ("serving_default", "serve")

Shape = tuple[int | None, ...] | None


@dataclass(frozen=True, slots=True)
class Signature:
    """How the graph is called: the name, and the shapes of its inputs and outputs by name."""

    name: str
    inputs: dict[str, Shape]
    outputs: dict[str, Shape]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the graph, or the graph itself: what it does and which others it calls."""

    name: str
    operations: frozenset[str]
    calls: frozenset[str]


@dataclass(frozen=True, slots=True)
class SavedGraph:
    """What a SavedModel's graph says of itself."""

    tensorflow: str | None
    functions: tuple[Function, ...]
    signatures: tuple[Signature, ...]
    scalings: tuple[str, ...] = ()
    """The layers that scale pixels; each is in many functions, so those of one are taken."""


def read_graph_of(folder: Path) -> SavedGraph:
    """The graph of the SavedModel in `folder`.

    Raises `HostileModel` for an operation that reads files, runs code or is not known, and for
    a link among the files; `UnreadableModel` for no SavedModel.
    """
    for path in folder.rglob("*"):
        if path.is_symlink():
            raise HostileModel(f"{path.name!r} in the SavedModel is a symbolic link")
    graph = folder / GRAPH
    if not graph.is_file():
        raise UnreadableModel(f"there is no {GRAPH} in the SavedModel")
    if graph.stat().st_size > MAX_GRAPH_BYTES:
        raise HostileModel(f"{GRAPH} has more than {MAX_GRAPH_BYTES:,} bytes")
    try:
        saved = _read(memoryview(graph.read_bytes()))
    except ValueError as exc:
        raise UnreadableModel(f"{GRAPH} is damaged: {exc}") from exc
    _check(saved)
    return saved


def _check(saved: SavedGraph) -> None:
    """Refuse operations that are not on the list, and saving where pictures are answered.

    Every SavedModel brings functions that save and restore its variables; nobody calls them
    here. Whatever else calls one would write or read files of its own choice.
    """
    known = {function.name for function in saved.functions}
    savers = {function.name for function in saved.functions if function.name and _saves(function)}
    for function in saved.functions:
        unknown = sorted(function.operations - GRAPH_OPERATIONS - SAVING_OPERATIONS - known)
        if unknown:
            raise HostileModel(
                f"the graph of the SavedModel holds the operation {', '.join(unknown[:5])}, which "
                "is not among those that are run from a file; save the model without it"
            )
        if (function.name and function.calls & savers) or (not function.name and _saves(function)):
            raise HostileModel(
                "the graph of the SavedModel reads or writes files while it answers; export it "
                "with model.export() of Keras"
            )


def _saves(function: Function) -> bool:
    return bool(function.operations & SAVING_OPERATIONS)


def _read(content: Message) -> SavedGraph:
    functions: list[Function] = []
    signatures: list[Signature] = []
    scalings: tuple[str, ...] = ()
    version: str | None = None
    for meta in fields(content, 2):  # SavedModel.meta_graphs
        for info in fields(meta, 1):  # meta_info_def
            version = first(info, 5) or version
        for graph in fields(meta, 2):  # graph_def
            functions.append(_function("", graph, 1))
            functions.extend(
                _function(first(signature, 1), function, 3)
                for library in fields(graph, 2)
                for function in fields(library, 1)
                for signature in fields(function, 1)
            )
            for library in fields(graph, 2):
                for function in fields(library, 1):
                    scalings = scalings or scaling_layers(function)
        signatures.extend(
            Signature(first(entry, 1), _tensors(value, 1), _tensors(value, 2))
            for entry in fields(meta, 5)  # signature_def
            for value in fields(entry, 2)
        )
    if not any(function.operations for function in functions):
        raise UnreadableModel(f"{GRAPH} holds no graph")
    return SavedGraph(version, tuple(functions), tuple(signatures), scalings)


def _function(name: str, message: Message, nodes: int) -> Function:
    """The nodes in one field of a graph or of a function."""
    operations: set[str] = set()
    calls: set[str] = set()
    for node in fields(message, nodes):
        operations.add(first(node, 2))  # NodeDef.op, which may be a function's name
        calls.update(_called(node))
    return Function(name, frozenset(operations), frozenset(calls | operations))


def _called(node: Message) -> Iterator[str]:
    """The functions named in a node's attributes: `AttrValue.func` and those in its lists."""
    for entry in fields(node, 5):
        for value in fields(entry, 2):
            for function in fields(value, 10):
                yield first(function, 1)
            for several in fields(value, 1):
                for function in fields(several, 9):
                    yield first(function, 1)


def _tensors(signature: Message, field: int) -> dict[str, Shape]:
    """Names and shapes, batch included, of one side of a signature."""
    return {
        first(entry, 1): next((_shape(shape) for shape in fields(info, 3)), None)
        for entry in fields(signature, field)
        for info in fields(entry, 2)
    }


def _shape(message: Message) -> Shape:
    sizes: list[int | None] = []
    for dimension in fields(message, 2):
        size = next((value for number, value in parts(dimension) if number == 1), 0)
        sizes.append(size if isinstance(size, int) and size < 2**62 else None)
    return tuple(sizes)
