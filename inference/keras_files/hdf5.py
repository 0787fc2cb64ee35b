"""HDF5 files of others: surveyed before a value is read, then read by name.

The survey follows hard links alone and looks at declarations: what a dataset says that it
holds, where it says that it lies, which filters it asks for. Keras writes plain datasets with
plain numbers; whatever else the format can do is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from inference.errors import HostileModel, UnreadableModel
from inference.keras_files.limits import (
    DECLARED_SLACK_BYTES,
    MAX_ATTRIBUTE_BYTES,
    MAX_DECLARED_BYTES,
    MAX_EXPANSION,
    MAX_FILE_BYTES,
    MAX_HDF5_OBJECTS,
)

SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"

# deflate, shuffle, fletcher32, szip, nbit, scale-offset, and h5py's lzf: nothing that would be
# looked up as a plug-in.
_FILTERS = frozenset({1, 2, 3, 4, 5, 6, 32000})
_KINDS = frozenset("biufS")


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a dataset declares of itself."""

    shape: tuple[int, ...]
    bytes: int


@dataclass(frozen=True, slots=True)
class Hdf5:
    """An open file that passed the survey; `datasets` are by full path without a leading `/`."""

    file: Any
    what: str
    datasets: Mapping[str, Dataset]
    groups: tuple[str, ...]

    def text(self, group: str, name: str) -> str | None:
        """A text attribute, or None where there is none."""
        value = self._attribute(group, name)
        if value is None:
            return None
        if isinstance(value, bytes | np.bytes_):
            return bytes(value).decode("utf-8", "replace")
        return str(value)

    def texts(self, group: str, name: str) -> tuple[str, ...] | None:
        """An attribute that lists texts, also where Keras cut it into `name0`, `name1`, …"""
        if (whole := self._attribute(group, name)) is not None:
            return _texts(whole)
        parts: list[str] = []
        while (part := self._attribute(group, f"{name}{len(parts)}")) is not None:
            parts.append("\n".join(_texts(part)))
        return tuple(name for part in parts for name in part.split("\n")) if parts else None

    def read(self, path: str) -> NDArray[Any]:
        """The values of one dataset."""
        try:
            return np.asarray(self.file[path][()])
        except (OSError, KeyError, ValueError) as exc:
            raise UnreadableModel(f"{self.what}: the dataset {path!r} is damaged") from exc

    def _attribute(self, group: str, name: str) -> Any:
        """The value of an attribute whose declared size was looked at first."""
        place = self.file[group or "/"].id
        encoded = name.encode()
        if not h5py.h5a.exists(place, encoded):
            return None
        declared = h5py.h5a.open(place, encoded)
        count = declared.get_space().get_simple_extent_npoints()
        if count * declared.get_type().get_size() > MAX_ATTRIBUTE_BYTES:
            raise HostileModel(f"{self.what}: the attribute {name!r} is absurdly large")
        try:
            return self.file[group or "/"].attrs[name]
        except (OSError, ValueError, TypeError) as exc:
            raise UnreadableModel(f"{self.what}: the attribute {name!r} is damaged") from exc


@contextmanager
def open_hdf5(path: Path, what: str) -> Iterator[Hdf5]:
    """The file at `path`, surveyed; `what` names it in messages.

    Raises `HostileModel` for what Keras never writes, `UnreadableModel` for no HDF5.
    """
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise HostileModel(f"{what} has {size:,} bytes; at most {MAX_FILE_BYTES:,} are read")
    try:
        file = h5py.File(path, "r")
    except OSError as exc:
        raise UnreadableModel(f"{what} is no whole HDF5 file: {_reason(exc)}") from exc
    with file:
        try:
            datasets, groups = _survey(file, what)
        except (OSError, RuntimeError, KeyError, ValueError, TypeError) as exc:
            raise UnreadableModel(f"{what} is damaged: {_reason(exc)}") from exc
        _check_sizes(sum(each.bytes for each in datasets.values()), size, what)
        yield Hdf5(file, what, datasets, groups)


def _survey(file: Any, what: str) -> tuple[dict[str, Dataset], tuple[str, ...]]:
    """All datasets and groups, by path, without reading a value."""
    datasets: dict[str, Dataset] = {}
    groups: list[str] = []
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [("", file.id)]
    while waiting:
        path, node = waiting.pop()
        address = h5py.h5o.get_info(node).addr
        if address in seen and isinstance(node, h5py.h5g.GroupID) and path:
            raise HostileModel(f"{what}: the group {path!r} is linked twice")
        seen.add(address)
        if len(datasets) + len(groups) + len(waiting) > MAX_HDF5_OBJECTS:
            raise HostileModel(f"{what} holds more than {MAX_HDF5_OBJECTS:,} objects")
        if isinstance(node, h5py.h5d.DatasetID):
            datasets[path] = _declared(node, path, what)
        elif isinstance(node, h5py.h5g.GroupID | h5py.h5f.FileID):
            groups.append(path)
            waiting.extend(_children(file, path, what))
    return datasets, tuple(sorted(groups))


def _children(file: Any, path: str, what: str) -> Iterator[tuple[str, Any]]:
    group = h5py.h5g.open(file.id, (path or "/").encode())
    for name in group:
        inner = f"{path}/{name.decode()}" if path else name.decode()
        if group.links.get_info(name).type != h5py.h5l.TYPE_HARD:
            raise HostileModel(
                f"{what}: {inner!r} is a soft or external link, which Keras never writes"
            )
        yield inner, h5py.h5o.open(group, name)


def _declared(node: Any, path: str, what: str) -> Dataset:
    plan = node.get_create_plist()
    if plan.get_external_count() or plan.get_layout() == h5py.h5d.VIRTUAL:
        raise HostileModel(f"{what}: the dataset {path!r} keeps its values in another file")
    filters = {plan.get_filter(index)[0] for index in range(plan.get_nfilters())}
    if not filters <= _FILTERS:
        raise HostileModel(f"{what}: the dataset {path!r} asks for a filter that is a plug-in")
    shape = tuple(int(size) for size in node.shape or ())
    itemsize = int(node.get_type().get_size())
    declared = itemsize
    for size in shape:
        declared *= size
    if declared > MAX_DECLARED_BYTES:
        raise HostileModel(
            f"{what}: the dataset {path!r} declares the shape {list(shape)}, {declared:,} bytes; "
            f"at most {MAX_DECLARED_BYTES:,} are read"
        )
    if node.dtype.kind not in _KINDS and declared > DECLARED_SLACK_BYTES:
        raise HostileModel(f"{what}: the dataset {path!r} holds no numbers")
    return Dataset(shape, declared)


def _check_sizes(declared: int, stored: int, what: str) -> None:
    """Compare what all datasets declare with what lies on the disk."""
    if declared > MAX_DECLARED_BYTES:
        raise HostileModel(
            f"{what} declares {declared:,} bytes of tensors; at most {MAX_DECLARED_BYTES:,} "
            "are read"
        )
    if declared > DECLARED_SLACK_BYTES and declared > stored * MAX_EXPANSION:
        raise HostileModel(
            f"{what} declares {declared:,} bytes of tensors and has {stored:,} bytes itself"
        )


def _texts(value: Any) -> tuple[str, ...]:
    """A text, or an array of texts, of either kind of string."""
    return tuple(
        bytes(each).decode("utf-8", "replace") if isinstance(each, bytes | np.bytes_) else str(each)
        for each in np.atleast_1d(np.asarray(value, dtype=object)).ravel()
    )


def _reason(exc: BaseException) -> str:
    """HDF5's own words, without the path that it puts into some of them."""
    text = str(exc)
    inner = text[text.find("(") + 1 : text.rfind(")")] if "(" in text else type(exc).__name__
    return "it cannot be opened" if "/" in inner else inner
