"""What the files of a model are, found out without TensorFlow and without building anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from inference.errors import UnreadableModel
from inference.keras_files.archives import open_archive
from inference.keras_files.documents import Config, objects, well_formed
from inference.keras_files.flatbuffers import read_shapes
from inference.keras_files.mending.layout import has_channels_first
from inference.keras_files.mending.models import canonical
from inference.keras_files.names import GRAPH, HDF5_SUFFIXES, Format, ModelFiles
from inference.keras_files.rules import Shape
from inference.keras_files.saved_models import SIGNATURES, read_graph_of
from inference.keras_files.scan import scan
from inference.keras_files.shapes import estimate
from inference.keras_files.source import Source, files_in, open_source
from inference.keras_files.together import check_together

_PACKED = (*HDF5_SUFFIXES, ".keras", ".tflite")


@dataclass(frozen=True, slots=True)
class Inspection:
    """A model's files, as far as they tell without being run.

    `input_shape` is without the batch, `(height, width, channels)` for a picture; it and
    `output_width` are None where the files do not say. `scalings` names the layers that scale
    pixels, which a recipe need not do then.
    """

    format: Format
    files: ModelFiles
    written_by: str
    layers: tuple[str, ...]
    parameters: int | None
    input_shape: tuple[int | None, ...] | None
    output_width: int | None
    scalings: tuple[str, ...] = ()


def inspect(folder: Path) -> Inspection:
    """The model in `folder`, checked: nothing of it runs, and its sizes are bounded.

    Raises `HostileModel` for what must not be loaded, `UnreadableModel` for what cannot be.
    """
    files = files_in(folder)
    if files.format == "saved_model":
        with saved_model_folder(folder, files) as place:
            return _saved_model(place, files)
    if files.format == "tflite":
        inputs, outputs = read_shapes(folder / files.model)
        return Inspection(files.format, files, "LiteRT", (), None, inputs, _last(outputs))
    with open_source(folder, files) as source:
        return inspect_source(source, files)


def inspect_source(source: Source, files: ModelFiles) -> Inspection:
    """The same for a source that is open already."""
    what = f"{source.what}, written by {source.writer},"
    with well_formed(what):
        layers = scan(source.config, what)
        model = _said_today(source, what)
        sizes = estimate(model)
        check_together(model, source.weights, source.file.what)
    return Inspection(
        format=files.format,
        files=files,
        written_by=str(source.writer),
        layers=layers,
        parameters=sizes.parameters,
        input_shape=_as_loaded(_only(sizes.inputs), model),
        output_width=_last(_only(sizes.outputs)),
        scalings=tuple(_scalings(model)),
    )


def _said_today(source: Source, what: str) -> Config:
    try:
        return canonical(source.config, keras_1=source.writer.line == 1)
    except UnreadableModel as exc:
        raise UnreadableModel(f"{what} cannot be read: {exc}") from exc


@contextmanager
def saved_model_folder(folder: Path, files: ModelFiles) -> Iterator[Path]:
    """The folder of a SavedModel; a zipped one is unpacked for as long as it is used."""
    path = folder / files.model
    if path.is_dir():
        yield path
        return
    with open_archive(path, files.model) as archive, TemporaryDirectory(prefix="microlens-") as to:
        graphs = [name for name in archive.names if name.rpartition("/")[2] == GRAPH]
        if len(graphs) != 1:
            raise UnreadableModel(_no_one_graph(files.model, len(graphs), archive.names))
        archive.extract_all(Path(to))
        yield (Path(to) / graphs[0]).parent


def _no_one_graph(what: str, graphs: int, names: Iterable[str]) -> str:
    """Why a zip is no SavedModel, and what to do with what it holds instead."""
    if graphs:
        return f"{what} holds {graphs} SavedModels: pack the folder of one of them"
    paths = [PurePosixPath(name) for name in names if not name.startswith("__MACOSX/")]
    others = [str(path) for path in paths if path.suffix.lower() in _PACKED]
    if others:
        return f"{what} holds no SavedModel but {others[0]!r}: unpack it and give what is in it"
    return f"{what} holds no SavedModel: there is no {GRAPH} in it"


def _saved_model(place: Path, files: ModelFiles) -> Inspection:
    graph = read_graph_of(place)
    named = {signature.name: signature for signature in graph.signatures}
    signature = next((named[name] for name in SIGNATURES if name in named), None)
    inputs = list(signature.inputs.values()) if signature else []
    outputs = list(signature.outputs.values()) if signature else []
    first = inputs[0] if len(inputs) == 1 else None
    return Inspection(
        format=files.format,
        files=files,
        written_by=f"TensorFlow {graph.tensorflow or '(no version given)'}",
        layers=(),
        parameters=None,
        input_shape=first[1:] if first else None,
        output_width=_last(outputs[0]) if len(outputs) == 1 else None,
        scalings=graph.scalings,
    )


def _scalings(model: Config) -> Iterator[str]:
    """The layers that preprocess pictures inside of the network, as `'name' (Class)`."""
    for part in objects(model):
        config = part.get("config")
        name = part.get("class_name")
        if name not in ("Rescaling", "Normalization") or not isinstance(config, dict):
            continue
        if name == "Normalization" or (config.get("scale"), config.get("offset", 0)) != (1, 0):
            yield f"{config.get('name')!r} ({name})"


def _only(shapes: tuple[Shape, ...]) -> Shape:
    return shapes[0] if len(shapes) == 1 else None


def _as_loaded(shape: Shape, model: Config) -> Shape:
    """The input's shape after loading: a channels-first picture comes to be channels-last."""
    if shape is not None and len(shape) == 3 and has_channels_first(model):
        return (shape[1], shape[2], shape[0])
    return shape


def _last(shape: Shape) -> int | None:
    return shape[-1] if shape else None
