"""The restricted unpickler reads a state dict, and nothing in a file is ever run."""

from __future__ import annotations

import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from inference.errors import ModelError
from tests.training.legacy import REBUILD, Legacy, Tensor, number, state, text
from training import torch_pickle
from training.torch_pickle import read_state_dict

SIX = np.arange(6, dtype=np.float32)


def test_a_tensor_comes_out_with_its_name_shape_and_numbers() -> None:
    content = Legacy(state(weight=Tensor("0", 6, (2, 3), (3, 1))), [("0", SIX)]).content()
    assert list(read_state_dict(content)) == ["weight"]
    np.testing.assert_array_equal(read_state_dict(content)["weight"], [[0, 1, 2], [3, 4, 5]])


def test_a_transposed_tensor_is_read_by_its_strides() -> None:
    content = Legacy(state(weight=Tensor("0", 6, (3, 2), (1, 3))), [("0", SIX)]).content()
    np.testing.assert_array_equal(read_state_dict(content)["weight"], [[0, 3], [1, 4], [2, 5]])


def test_two_tensors_share_a_storage_and_an_integer_scalar_has_its_own() -> None:
    content = Legacy(
        state(
            first=Tensor("0", 6, (2,), (1,)),
            last=Tensor("0", 6, (2,), (1,), start=4),
            steps=Tensor("1", 1, (), (), storage=b"ctorch\nLongStorage\n"),
        ),
        [("0", SIX), ("1", np.array([7], np.int64))],
    ).content()
    tensors = read_state_dict(content)
    assert tensors["first"].tolist() == [0, 1]
    assert tensors["last"].tolist() == [4, 5]
    assert tensors["steps"].shape == ()
    assert tensors["steps"] == 7


def call(module: str, name: str, argument: str) -> bytes:
    """Opcodes that call `module.name(argument)`."""
    return f"c{module}\n{name}\n".encode() + text(argument) + b"\x85R"


def stack_global(module: str, name: str, argument: str) -> bytes:
    """The same in the opcode of protocol 4, which takes dotted names."""
    return text(module) + text(name) + b"\x93" + text(argument) + b"\x85R"


HOSTILE = {
    "os.system": lambda command: call("os", "system", command),
    "posix.system": lambda command: call("posix", "system", command),
    "builtins.eval": lambda command: call(
        "builtins", "eval", f"__import__('os').system({command!r})"
    ),
    "subprocess.getoutput": lambda command: call("subprocess", "getoutput", command),
    "torch._utils.os.system": lambda command: stack_global("torch._utils", "os.system", command),
    "collections.OrderedDict.__class__": lambda command: stack_global(
        "collections", "OrderedDict.__class__", command
    ),
    "collections._sys.modules": lambda command: stack_global(
        "collections", "_sys.modules", command
    ),
    "torch.storage._load_from_bytes": lambda command: call(
        "torch.storage", "_load_from_bytes", command
    ),
}


@pytest.mark.parametrize("place", ["magic", "value", "inside a tensor", "after a tensor"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_foreign_name_is_refused_by_name_and_never_called(
    name: str, place: str, tmp_path: Path
) -> None:
    trace = tmp_path / "executed"
    attack = HOSTILE[name](f"touch {trace}")
    honest = Tensor("0", 6, (6,), (1,))
    files = {
        "magic": Legacy(state(weight=honest), magic=b"\x80\x02" + attack + b"."),
        "value": Legacy(state(weight=attack)),
        "inside a tensor": Legacy(state(weight=REBUILD + b"(" + attack + b"tR")),
        "after a tensor": Legacy(state(weight=honest, bias=attack), [("0", SIX)]),
    }
    with pytest.raises(ModelError, match=name.replace(".", r"\.")):
        read_state_dict(files[place].content())
    assert not trace.exists()


def test_a_pickle_changes_nothing_of_what_it_may_name() -> None:
    known = dict(torch_pickle._KNOWN)  # noqa: SLF001 - nobody else may see it
    for target in (REBUILD, b"ctorch\nFloatStorage\n", b"ccollections\nOrderedDict\n"):
        for attributes in (b"}", b"N}"):
            poison = attributes + text("array") + text("poison") + b"s"
            attack = target + (poison + b"\x86" if attributes == b"N}" else poison) + b"b"
            with pytest.raises(ModelError):
                read_state_dict(Legacy(state(weight=attack)).content())
    assert known == torch_pickle._KNOWN  # noqa: SLF001 - as above
    assert not hasattr(known["torch._utils", "_rebuild_tensor_v2"], "array")


ONE = np.ones(1, np.float32)
BROKEN = {
    "empty": b"",
    "no pickle": b"\xff\xd8\xff\xe0 a JPEG",
    "other magic": pickle.dumps(1, 2) * 3,
    "a list": Legacy(pickle.dumps([], 2)).content(),
    "a number for a tensor": Legacy(state(weight=number(1))).content(),
    "unknown storage": Legacy(
        state(weight=Tensor("0", 1, (1,), (1,), storage=text("O"))), [("0", ONE)]
    ).content(),
    "shape beyond storage": Legacy(
        state(weight=Tensor("0", 1, (10**12,), (1,))), [("0", ONE)]
    ).content(),
    "shape repeated by stride 0": Legacy(
        state(weight=Tensor("0", 1, (10**12,), (0,))), [("0", ONE)]
    ).content(),
    "negative start": Legacy(
        state(weight=Tensor("0", 1, (1,), (1,), start=-1)), [("0", ONE)]
    ).content(),
    "negative stride": Legacy(
        state(weight=Tensor("0", 6, (6,), (-1,), start=5)), [("0", SIX)]
    ).content(),
    "strides of another rank": Legacy(
        state(weight=Tensor("0", 6, (6,), (1, 1))), [("0", SIX)]
    ).content(),
    "storage of another size": Legacy(
        state(weight=Tensor("0", 2, (1,), (1,))), [("0", ONE)]
    ).content(),
    "storage missing": Legacy(state(weight=Tensor("0", 1, (1,), (1,)))).content(),
    "storage nobody asked for": Legacy(state(), [("0", ONE)]).content(),
    "storage cut short": Legacy(state(weight=Tensor("0", 6, (6,), (1,))), [("0", SIX)]).content()[
        :-4
    ],
    "trailing bytes": Legacy(
        state(weight=Tensor("0", 6, (6,), (1,))), [("0", SIX)], trailing=b"x"
    ).content(),
    "memo of 32 GB": Legacy(b"\x80\x02}r" + struct.pack("<I", 2**32 - 1) + b".").content(),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError, match=r"no legacy PyTorch state dict: \S"):
        read_state_dict(content)


def test_a_file_above_the_limit_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch_pickle, "MAX_BYTES", 10)
    with pytest.raises(ModelError, match="11 bytes; at most 10"):
        read_state_dict(b"x" * 11)
