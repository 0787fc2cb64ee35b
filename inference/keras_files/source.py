"""The opened files of one model: its description and its weights, checked and not yet built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from inference.errors import HostileModel, UnreadableModel
from inference.keras_files import archives, hdf5
from inference.keras_files.archives import open_archive
from inference.keras_files.documents import Config, parse
from inference.keras_files.envelopes import model_in
from inference.keras_files.hdf5 import Hdf5, open_hdf5
from inference.keras_files.limits import MAX_FILE_BYTES, MAX_JSON_BYTES
from inference.keras_files.listing import read_weights
from inference.keras_files.names import HDF5_SUFFIXES, Format, ModelFiles, find_model_files
from inference.keras_files.stored import Weights
from inference.keras_files.writer import Writer, writer_of

_CONFIG: Final = "config.json"
_METADATA: Final = "metadata.json"
_WEIGHTS: Final = "model.weights.h5"
_PICKLES: Final = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"\x93NUMPY")
_MAGIC: Final = {
    **dict.fromkeys(HDF5_SUFFIXES, ((hdf5.SIGNATURE,), "an HDF5 file")),
    # Until TensorFlow 2.12 this was one more name of an HDF5 file.
    ".keras": ((archives.SIGNATURE, hdf5.SIGNATURE), "a .keras file"),
    ".zip": ((archives.SIGNATURE,), "a zip file"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """A description with its weights: `file` is the surveyed HDF5 that `weights` point into.

    `as_written` is whether the file holds this very description, and no other reading of it.
    """

    format: Format
    path: Path
    what: str
    config: Config
    as_written: bool
    writer: Writer
    weights: Weights
    file: Hdf5
    weights_path: Path


def files_in(folder: Path) -> ModelFiles:
    """The model files in a folder on the disk; names as in `find_model_files`.

    Content tells more than names: a file that is named like weights alone may hold a whole model,
    and a `.keras` file of Keras 2 may be an HDF5 file. Raises `UnreadableModel` also for a set
    that is not complete.
    """
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()]
    files = find_model_files(names)
    if files.weights and not files.model and _is_whole(folder / files.weights, files.weights):
        files = ModelFiles("h5", files.weights, labels=files.labels, recipe=files.recipe)
    if files.format == "keras" and _is_hdf5(folder / files.model):
        files = replace(files, format="h5")
    if not files.complete:
        raise UnreadableModel(f"waiting for {' and '.join(files.waiting_for)}")
    for name in files.needs:
        check_file(folder / name, name)
    return files


def check_file(path: Path, what: str) -> None:
    """Refuse, by its first bytes and its length, what is no model file whatever its name says."""
    if path.is_symlink():
        raise HostileModel(f"{what} is a symbolic link")
    if path.is_dir():
        return
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise HostileModel(f"{what} has {size:,} bytes; at most {MAX_FILE_BYTES:,} are read")
    with path.open("rb") as file:
        start = file.read(16)
    if start.startswith(_PICKLES):
        raise HostileModel(f"{what} is a pickle or a NumPy file, which is never read as a model")
    if start.startswith(b"version https://git-lfs"):
        raise UnreadableModel(f"{what} is a pointer of Git LFS and not the file; run git lfs pull")
    expected = _MAGIC.get(path.suffix.lower())
    if expected and not start.startswith(expected[0]):
        raise UnreadableModel(f"{what} is not {expected[1]}: it starts with {start[:8]!r}")
    if path.suffix.lower() == ".tflite" and start[4:8] != b"TFL3":
        raise UnreadableModel(f"{what} is no LiteRT model: it starts with {start[:8]!r}")


@contextmanager
def open_source(folder: Path, files: ModelFiles) -> Iterator[Source]:
    """The description and the weights of a model that is no SavedModel and no LiteRT file.

    Raises `ModelError`.
    """
    path = folder / files.model
    if files.format == "keras":
        with _open_keras(path, files.model) as source:
            yield source
    elif files.format == "h5":
        with open_hdf5(path, files.model) as file:
            written = _description_in(file)
            if written is None:
                raise UnreadableModel(
                    f"{files.model} holds weights alone: waiting for architecture.json"
                )
            yield _source(files, path, written, file, path)
    else:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise HostileModel(f"{files.model} is longer than {MAX_JSON_BYTES:,} bytes")
        written = parse(path.read_bytes(), files.model)
        weights_path = folder / str(files.weights)
        with open_hdf5(weights_path, str(files.weights)) as file:
            yield _source(files, path, written, file, weights_path)


def _source(
    files: ModelFiles, path: Path, written: Config, file: Hdf5, weights_path: Path
) -> Source:
    config = model_in(written, files.model)
    weights = read_weights(file)
    own = files.format == "h5" or _describes(file, config)
    writer = writer_of(config, weights.keras if own else None, weights.backend if own else None)
    alike = config == written
    return Source(
        files.format, path, files.model, config, alike, writer, weights, file, weights_path
    )


@contextmanager
def _open_keras(path: Path, what: str) -> Iterator[Source]:
    """A `.keras` file: its weights are unpacked into a folder that lives as long as the source."""
    with open_archive(path, what) as archive, TemporaryDirectory(prefix="microlens-") as place:
        for needed in (_CONFIG, _WEIGHTS):
            if needed not in archive.names:
                raise UnreadableModel(f"{what} holds no {needed}; it is no whole .keras file")
        written = parse(archive.read(_CONFIG, MAX_JSON_BYTES), f"{_CONFIG} in {what}")
        config = model_in(written, what)
        metadata = (
            parse(archive.read(_METADATA, MAX_JSON_BYTES), f"{_METADATA} in {what}")
            if _METADATA in archive.names
            else {}
        )
        version = metadata.get("keras_version")
        writer = writer_of(config, version if isinstance(version, str) else None)
        weights_path = archive.extract(_WEIGHTS, Path(place) / _WEIGHTS)
        with open_hdf5(weights_path, f"{_WEIGHTS} in {what}") as file:
            weights = read_weights(file)
            alike = config == written
            yield Source("keras", path, what, config, alike, writer, weights, file, weights_path)


def _description_in(file: Hdf5) -> Config | None:
    """The description inside a whole H5 model, as it stands there."""
    text = file.text("", "model_config")
    return None if text is None else parse(text, f"the description in {file.what}")


def _describes(file: Hdf5, config: Config) -> bool:
    """Whether the H5 brings the very description that lies beside it: then one Keras wrote both."""
    try:
        written = _description_in(file)
        return written is not None and model_in(written, file.what) == config
    except UnreadableModel:  # what the H5 says of itself is not asked for
        return False


def _is_hdf5(path: Path) -> bool:
    if path.is_symlink():
        return False
    with path.open("rb") as file:
        return file.read(len(hdf5.SIGNATURE)) == hdf5.SIGNATURE


def _is_whole(path: Path, what: str) -> bool:
    check_file(path, what)
    with open_hdf5(path, what) as file:
        return file.text("", "model_config") is not None
