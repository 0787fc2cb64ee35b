"""The layers that an HDF5 file holds, in the order of the model, whichever Keras wrote it.

Keras 1 and 2 list their layers in attributes; Keras 3 nests groups named after the class of
each layer; Keras 0 numbers them. All are read into `Stored` layers, without a value being read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from inference.errors import UnreadableModel
from inference.keras_files.hdf5 import Hdf5
from inference.keras_files.stored import Stored, Weights


def read_weights(file: Hdf5) -> Weights:
    """The weights that `file` holds; `UnreadableModel` if there are none in Keras's order."""
    listed = [group for group in file.groups if file.texts(group, "layer_names") is not None]
    if listed:
        group = next((name for name in ("model_weights", "") if name in listed), listed[0])
        layers = tuple(_listed(file, group))
        if len(layers) == 1 and len(listed) == 1:
            nested = _one_deeper(file, group, layers[0])
            if nested:
                return nested
        where = "" if group in ("", "model_weights") else group
        return Weights("listed", layers, *_writer(file, group), where)
    if nested_layers := tuple(_nested(file)):
        return Weights("nested", nested_layers, *_writer(file, ""))
    if numbered := tuple(_numbered(file)):
        return Weights("listed", numbered, None, None)
    raise UnreadableModel(
        f"{file.what} lists no layers; it is no weights file of Keras. Save it with save_weights()"
    )


def _listed(file: Hdf5, group: str) -> Iterator[Stored]:
    """Layers as Keras 1 and 2 list them; those without weights are left out."""
    for layer in file.texts(group, "layer_names") or ():
        place = f"{group}/{layer}" if group else layer
        if place not in file.groups:
            raise UnreadableModel(f"{file.what} lists the layer {layer!r} and does not hold it")
        names = file.texts(place, "weight_names") or ()
        paths = tuple(f"{place}/{name}".replace("//", "/") for name in names)
        missing = [path for path in paths if path not in file.datasets]
        if missing:
            raise UnreadableModel(f"{file.what} lists {missing[0]!r} and does not hold it")
        if names:
            yield Stored(layer, names, paths, tuple(file.datasets[path].shape for path in paths))


def _one_deeper(file: Hdf5, group: str, only: Stored) -> Weights | None:
    """A model that was wrapped in another before it was saved: one layer that holds them all."""
    parts = only.split()
    if len(parts) < 2 or any(not part.name for part in parts):
        return None
    return Weights("listed", (only,), *_writer(file, group), only.name)


def _nested(file: Hdf5) -> Iterator[Stored]:
    """Layers as Keras 3 nests them: `layers/dense_1/vars/0`."""
    found: dict[str, list[str]] = {}
    for path in file.datasets:
        place, _, number = path.rpartition("/vars/")
        if number.isdigit() and not place.startswith("optimizer"):
            found.setdefault(place, []).append(path)
    layers: dict[str, list[str]] = {}
    for place in sorted(found, key=_in_order_of_making):
        layers.setdefault(_owner(place), []).extend(sorted(found[place], key=_natural))
    for owner, paths in layers.items():
        own = f"{owner}/vars"
        name = file.text(own, "name") if own in file.groups else None
        shapes = tuple(file.datasets[path].shape for path in paths)
        inner = tuple(path.removeprefix(f"{owner}/") for path in paths)
        alias = owner.replace("_layer_checkpoint_dependencies", "layers")
        yield Stored(name or "", inner, tuple(paths), shapes, alias)


_CONTAINER = re.compile(r"^(?:.*/)?(?:layers|_layer_checkpoint_dependencies)/[^/]+")


def _owner(place: str) -> str:
    """The layer in a list of layers that a group of variables belongs to."""
    found = _CONTAINER.match(place)
    return found.group(0) if found else place


# Parts of one layer in the order in which the layer lists its weights.
_PARTS = (
    "forward_layer",
    "query_dense",
    "key_dense",
    "value_dense",
    "output_dense",
    "backward_layer",
)


def _in_order_of_making(place: str) -> tuple[list[int | str], int, list[int | str]]:
    """A key that sorts the parts of a layer as the layer does."""
    owner = _owner(place)
    part = place.removeprefix(f"{owner}/").partition("/")[0]
    number = _PARTS.index(part) if part in _PARTS else -1
    return _natural(owner), number, _natural(place)


_NUMBERED = re.compile(r"(layer_\d+)/param_\d+")


def _numbered(file: Hdf5) -> Iterator[Stored]:
    """Layers as Keras 0 numbered them, and nothing else: `layer_3/param_0`."""
    found: dict[str, list[str]] = {}
    for path in file.datasets:
        if place := _NUMBERED.fullmatch(path):
            found.setdefault(place[1], []).append(path)
    for layer in sorted(found, key=_natural):
        paths = tuple(sorted(found[layer], key=_natural))
        names = tuple(path.removeprefix(f"{layer}/") for path in paths)
        yield Stored(layer, names, paths, tuple(file.datasets[path].shape for path in paths))


def _natural(text: str) -> list[int | str]:
    """A key that sorts `dense_2` before `dense_10`."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", text)]


def _writer(file: Hdf5, group: str) -> tuple[str | None, str | None]:
    def first(name: str) -> str | None:
        return file.text(group, name) or file.text("", name)

    return first("keras_version"), first("backend")
