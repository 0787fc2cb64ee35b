"""Weights out of a legacy PyTorch file (`torch.save` before 1.6), without PyTorch.

Such a file is a run of five pickles (magic number, protocol, system, the state dict, the keys of
its storages) and then the storages themselves, raw. A pickle may run whatever it names, so
four names are known here, each stands for something of ours, and any other is refused.
"""

from __future__ import annotations

import collections
import io
import pickle
import pickletools
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from inference.errors import ModelError

MAX_BYTES = 512 * 1024 * 1024
_MAX_MEMO = 1_000_000
_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_FAULTS = (
    pickle.UnpicklingError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    EOFError,
    OverflowError,
)


def read_state_dict(content: bytes) -> dict[str, NDArray[Any]]:
    """The tensors of a legacy PyTorch state dict, by name: float32 and int64.

    Raises `ModelError` for whatever is not exactly that; nothing that the file names is run.
    """
    if len(content) > MAX_BYTES:
        raise ModelError(f"the weights have {len(content)} bytes; at most {MAX_BYTES} are read")
    try:
        return _read(io.BytesIO(content))
    except _FAULTS as exc:
        raise ModelError(f"the weights are no legacy PyTorch state dict: {exc}") from exc


def _read(stream: io.BytesIO) -> dict[str, NDArray[Any]]:
    magic, protocol, _system = (_load(stream) for _ in range(3))
    if (magic, protocol) != (_MAGIC, _PROTOCOL):
        raise ValueError(f"the file begins with {magic!r}, {protocol!r}")
    state = _load(stream)
    storages = _read_storages(stream, state, keys=_load(stream))
    return {name: tensor.array(name, storages) for name, tensor in _tensors(state)}


def _load(stream: io.BytesIO) -> Any:
    """The next pickle of the stream, which is left behind it."""
    start = stream.tell()
    for opcode, argument, _ in pickletools.genops(stream):
        # CPython's unpickler allocates a memo as long as the largest index that it meets.
        if opcode.name in ("LONG_BINPUT", "PUT") and (argument or 0) > _MAX_MEMO:
            raise ValueError(f"memo index {argument} is above {_MAX_MEMO}")
    stream.seek(start)
    return _Unpickler(stream).load()


class _Tensor:
    """A tensor as the pickle describes it: the numbers follow later, with the storages."""

    __slots__ = ("key", "kind", "shape", "size", "start", "strides")

    def __init__(
        self,
        storage: tuple[str, str, str, str, int, None],
        start: int,
        shape: tuple[int, ...],
        strides: tuple[int, ...],
    ) -> None:
        _, self.kind, self.key, _, self.size, _ = storage
        self.start, self.shape, self.strides = start, shape, strides
        if self.kind not in _DTYPES:
            raise ValueError(f"storage {self.key!r} is of an unknown type {self.kind!r}")

    def array(self, name: str, storages: dict[str, NDArray[Any]]) -> NDArray[Any]:
        """A copy of the numbers; a tensor may read its storage in any order, but only inside."""
        values = storages[self.key]
        last = self.start + sum(
            (length - 1) * stride for length, stride in zip(self.shape, self.strides, strict=True)
        )
        smallest = min(self.start, *self.strides, *(length - 1 for length in self.shape), 0)
        if smallest < 0 or last >= values.size or prod(self.shape) > values.size:
            raise ValueError(f"{name!r} {self.shape} reaches beyond its storage of {values.size}")
        return as_strided(
            values[self.start :],
            shape=self.shape,
            strides=[stride * values.itemsize for stride in self.strides],
            writeable=False,
        ).copy()


class _RebuildTensor:
    """Stands for the function that a pickle calls; without a place that a pickle could write to."""

    __slots__ = ()

    def __call__(self, storage: Any, start: int, shape: Any, strides: Any, *_: object) -> _Tensor:
        return _Tensor(storage, start, shape, strides)


# A type of storage is a NumPy dtype by its name: a string can be neither called nor changed.
_DTYPES = ("<f4", "<i8")
_KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _RebuildTensor(),
    ("torch", "FloatStorage"): "<f4",
    ("torch", "LongStorage"): "<i8",
}


class _Unpickler(pickle.Unpickler):
    """Knows the names in `_KNOWN` and looks nothing up anywhere else."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return _KNOWN[module_name, global_name]
        except KeyError:
            name = f"{module_name}.{global_name}"
            raise ModelError(f"the weights name {name!r}, which no state dict needs") from None

    def persistent_load(self, pid: Any) -> Any:
        return pid


def _tensors(state: object) -> list[tuple[str, _Tensor]]:
    if not isinstance(state, dict):
        raise ValueError(f"the file holds a {type(state).__name__}, not a state dict")
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, _Tensor):
            raise ValueError(f"{name!r} is a {type(value).__name__}, not a tensor")
    return list(state.items())


def _read_storages(
    stream: io.BytesIO, state: object, keys: Sequence[str]
) -> dict[str, NDArray[Any]]:
    """The raw storages, in the order of `keys`: a count of values, then the values."""
    kinds = {tensor.key: (tensor.kind, tensor.size) for _, tensor in _tensors(state)}
    storages = {}
    for key in keys:
        kind, size = np.dtype(kinds[key][0]), kinds[key][1]
        count = int.from_bytes(stream.read(8), "little", signed=True)
        raw = stream.read(max(count, 0) * kind.itemsize)
        if count != size or len(raw) != count * kind.itemsize:
            raise ValueError(f"storage {key!r} of {size} values is cut short or has {count}")
        storages[key] = np.frombuffer(raw, kind)
    if trailing := stream.read(1):
        raise ValueError(f"something follows the last storage: {trailing!r}")
    return storages
