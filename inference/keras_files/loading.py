"""Loading: the reader of the writer's own line first, then the description mended by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from inference.errors import ModelError, UnreadableModel
from inference.keras_files import readers
from inference.keras_files.assigning import assign
from inference.keras_files.converting import Conversion
from inference.keras_files.documents import well_formed
from inference.keras_files.inspection import inspect_source, saved_model_folder
from inference.keras_files.mending.descriptions import Mended, mendings, reasons_for_care
from inference.keras_files.names import ModelFiles
from inference.keras_files.readers import Library
from inference.keras_files.saved_models import read_graph_of
from inference.keras_files.source import Source, files_in, open_source

_CAUSE: Final = "Exception encountered: "


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in memory, with the library that holds it and what was mended on the way."""

    model: Any = field(repr=False)
    library: Library
    written_by: str
    mended: tuple[str, ...] = ()


def load(folder: Path) -> LoadedModel:
    """The model in `folder`, which answers as it did where it was written.

    Raises `HostileModel` before anything of Keras is called, `UnreadableModel` with the layer,
    the writer and what to do.
    """
    files = files_in(folder)
    if files.format == "tflite":
        raise UnreadableModel(f"{files.model} is a LiteRT model already; it is served as it is")
    if files.format == "saved_model":
        return _saved_model(folder, files)
    with open_source(folder, files) as source:
        inspect_source(source, files)
        return _Attempt(source).load()


def _saved_model(folder: Path, files: ModelFiles) -> LoadedModel:
    with saved_model_folder(folder, files) as place:
        graph = read_graph_of(place)
        model = readers.read_graph(place)
    return LoadedModel(model, "tf_keras", f"TensorFlow {graph.tensorflow or 'of no given version'}")


@dataclass
class _Attempt:
    """The ways to load one source, tried in turn; what went wrong is kept for the message."""

    source: Source
    failures: list[str] = field(default_factory=list)

    def load(self) -> LoadedModel:
        """The first way that works."""
        source = self.source
        own: Library = "keras" if source.writer.line == 3 else "tf_keras"
        care = reasons_for_care(source.config, source.writer, source.weights)
        if not care and (source.as_written or source.format == "json+h5"):
            loaded = self._try(partial(self._as_it_is, own))
            if loaded is not None:
                return loaded
        for make in mendings(source.config, source.writer, source.weights):
            loaded = self._try(partial(self._mended, make))
            if loaded is not None:
                return loaded
        raise UnreadableModel(self._message())

    def _try(self, way: Callable[[], LoadedModel]) -> LoadedModel | None:
        try:
            return way()
        except ModelError as exc:
            self.failures.append(str(exc))
        except Exception as exc:  # noqa: BLE001 - Keras raises whatever it comes across
            self.failures.append(self._in_words(exc))
        return None

    def _as_it_is(self, library: Library) -> LoadedModel:
        """The library's own reader; weights beside a description are found by name first."""
        source = self.source
        words: tuple[str, ...] = ()
        if source.format == "json+h5":
            model = readers.build(library, source.config)
            words = self._give_weights(model, library, Conversion())
        else:
            model = readers.read_whole(library, source.path)
        return LoadedModel(model, library, str(source.writer), words)

    def _mended(self, make: Callable[[], Mended]) -> LoadedModel:
        with well_formed(self.source.what):
            mended = make()
        config, dropped = readers.known_arguments(mended.library, mended.config)
        model = readers.build(mended.library, config)
        how = self._give_weights(model, mended.library, mended.conversion)
        words = (*mended.words, *dropped, *how)
        return LoadedModel(model, mended.library, str(self.source.writer), words)

    def _give_weights(
        self, model: Any, library: Library, conversion: Conversion
    ) -> tuple[str, ...]:
        """How the weights were found, in words, where it was not simply by name."""
        weights = self.source.weights
        if not model.built:
            raise UnreadableModel(
                f"the first layer, {model.layers[0].name!r}, does not say the shape of its input; "
                'write it into its config, such as "batch_input_shape": [null, 224, 224, 3]'
            )
        if weights.style == "nested" and self._read_by_library(model):
            return ()
        convert = conversion if library == "tf_keras" else _unchanged
        how = assign(model, weights, self.source.file, convert)
        return (how,) if how else ()

    def _read_by_library(self, model: Any) -> bool:
        """Whether the library took weights in the nested form as they are."""
        try:
            readers.read_weights_into(model, self.source.weights_path)
        except Exception as exc:  # noqa: BLE001 - Keras raises whatever it comes across
            self.failures.append(self._in_words(exc))
            return False
        return True

    def _message(self) -> str:
        """Which layer, who wrote it, what to do."""
        source = self.source
        own: Library = "keras" if source.writer.line == 3 else "tf_keras"
        reason = self.failures[0 if own == "keras" else -1]
        layer = readers.unknown_layer(own, source.config) if source.writer.line > 1 else None
        at = f" layer {layer} cannot be built:" if layer else ""
        return (
            f"{source.what}, written by {source.writer}, cannot be read:{at} {reason}. Save it "
            "again from the program that made it, as a SavedModel (model.export), and hand that "
            "over"
        )

    def _in_words(self, exc: BaseException) -> str:
        """What Keras says, in one line and without the places of files.

        Around a cause it says with which arguments it was at work, which `_message` knows too.
        """
        text = " ".join(str(exc).rpartition(_CAUSE)[2].split("\n\n")[0].split())
        for path in (self.source.path, self.source.weights_path):
            text = text.replace(f"{path.parent}/", "")
        return f"{type(exc).__name__}: {text[:300].rstrip('.')}"


def _unchanged(layer: Any, arrays: list[Any]) -> list[Any]:
    del layer
    return arrays
