"""Legacy PyTorch files, put together opcode by opcode: the honest, the broken and the hostile."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"


@dataclass(frozen=True, slots=True)
class Tensor:
    """One entry of a state dict, described as `torch.save` describes it."""

    key: str
    size: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    start: int = 0
    storage: bytes = b"ctorch\nFloatStorage\n"

    def opcodes(self) -> bytes:
        """What makes this tensor, without the protocol before and the stop behind."""
        return b"".join(
            (
                *(REBUILD, b"((", text("storage"), self.storage, text(self.key), text("cpu")),
                *(number(self.size), b"NtQ", number(self.start)),
                *(numbers(self.shape), numbers(self.strides)),
                b"\x89ccollections\nOrderedDict\n)RtR",
            )
        )


@dataclass(frozen=True, slots=True)
class Legacy:
    """A file; whatever is not given is as PyTorch writes it."""

    state: bytes
    storages: Sequence[tuple[str, NDArray[np.float32] | NDArray[np.int64]]] = ()
    magic: bytes = field(default_factory=lambda: pickle.dumps(0x1950A86A20F9469CFC6C, 2))
    trailing: bytes = b""

    def content(self) -> bytes:
        """The bytes of the file."""
        keys = pickle.dumps([key for key, _ in self.storages], 2)
        raw = [struct.pack("<q", values.size) + values.tobytes() for _, values in self.storages]
        header = self.magic + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2)
        return header + self.state + keys + b"".join(raw) + self.trailing


def state(**tensors: Tensor | bytes) -> bytes:
    """The pickle of a state dict; bytes stand for opcodes of their own."""
    items = [
        text(name) + (tensor if isinstance(tensor, bytes) else tensor.opcodes()) + b"s"
        for name, tensor in tensors.items()
    ]
    return b"\x80\x02}" + b"".join(items) + b"."


def text(value: str) -> bytes:
    """Opcodes of a string."""
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value: int) -> bytes:
    """Opcodes of an integer of any size."""
    return pickle.dumps(value, 2)[2:-1]


def numbers(values: Sequence[int]) -> bytes:
    """Opcodes of a tuple of integers."""
    return b"(" + b"".join(number(value) for value in values) + b"t"
