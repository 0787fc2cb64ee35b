"""Model files that nobody should load, each written by a few lines of h5py, json or zipfile.

What would run if it were loaded creates the file `canary`; the tests look whether it is there.
"""

from __future__ import annotations

import base64
import io
import json
import marshal
import pickle
import stat
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Config = dict[str, Any]
Write = Callable[[Path, Path], None]
"""Writes the files of a hostile model into a folder; the second path is the canary."""


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile model, and a word that its refusal must say."""

    write: Write
    says: str
    error: str = "HostileModel"


def layer(name: str, config: Config | None = None, **more: Any) -> Config:
    return {"class_name": name, "config": {"name": name.lower(), **(config or {})}, **more}


def dense(units: int = 2, **more: Any) -> Config:
    return layer("Dense", {"units": units, "activation": "linear", "use_bias": True}, **more)


def sequential(*layers: Config, shape: Sequence[int] = (4,)) -> Config:
    entry = layer("InputLayer", {"batch_input_shape": [None, *shape], "dtype": "float32"})
    config = {"name": "sequential", "layers": [entry, *layers]}
    return {"class_name": "Sequential", "config": config, "keras_version": "2.15.0"}


def bytecode(canary: Path) -> str:
    """Python's bytecode in base64, as Keras writes the function of a Lambda."""
    source = f"lambda x: (open({str(canary)!r}, 'w'), x)[1]"
    code = compile(source, "<lambda>", "eval").co_consts[0]
    return base64.b64encode(marshal.dumps(code)).decode()


def a_lambda(canary: Path) -> Config:
    """A Lambda as Keras 2 writes it into JSON and H5."""
    function = [bytecode(canary), None, None]
    return layer("Lambda", {"function": function, "function_type": "lambda", "module": "__main__"})


def a_lambda_of_keras_3(canary: Path) -> Config:
    code = {"code": bytecode(canary), "defaults": None, "closure": None}
    function = {"class_name": "__lambda__", "config": code}
    return layer("Lambda", {"function": function}, module="keras.layers")


def write_json(folder: Path, config: Config) -> None:
    (folder / "architecture.json").write_text(json.dumps(config))
    with h5py.File(folder / "weights.h5", "w") as file:
        _weights(file)


def write_h5(folder: Path, config: Config) -> None:
    with h5py.File(folder / "model.h5", "w") as file:
        file.attrs["keras_version"] = "2.15.0"
        file.attrs["model_config"] = json.dumps(config)
        _weights(file.create_group("model_weights"))


def write_keras(folder: Path, config: Config) -> None:
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file["layers/dense/vars/0"] = np.zeros((4, 2), np.float32)
        file["layers/dense/vars/1"] = np.zeros(2, np.float32)
    with zipfile.ZipFile(folder / "model.keras", "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.8.0"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", weights.getvalue())


def _weights(group: Any) -> None:
    group.attrs["layer_names"] = [b"dense"]
    inner = group.create_group("dense")
    inner.attrs["weight_names"] = [b"dense/kernel:0", b"dense/bias:0"]
    inner["dense/kernel:0"] = np.zeros((4, 2), np.float32)
    inner["dense/bias:0"] = np.zeros(2, np.float32)


def with_config(write: Callable[[Path, Config], None], config: Config) -> Write:
    return lambda folder, _: write(folder, config)


def with_layer(write: Callable[[Path, Config], None], make: Callable[[Path], Config]) -> Write:
    return lambda folder, canary: write(folder, sequential(make(canary), dense()))


def inside(kind: str, make: Callable[[Path], Config]) -> Callable[[Path], Config]:
    return lambda canary: layer(kind, {"layer": make(canary)})


def in_a_model(canary: Path) -> Config:
    return sequential(a_lambda(canary))


def with_weights(change: Callable[[Any, Path], None]) -> Write:
    """A harmless description, and weights that `change` has done something to."""

    def write(folder: Path, canary: Path) -> None:
        del canary
        write_h5(folder, sequential(dense()))
        (folder / "elsewhere.bin").write_bytes(bytes(64))
        with h5py.File(folder / "model.h5", "a") as file:
            change(file["model_weights/dense"], folder)

    return write


def external_link(group: Any, folder: Path) -> None:
    del group["dense/kernel:0"]
    group["dense/kernel:0"] = h5py.ExternalLink(str(folder / "other.h5"), "/x")


def soft_link(group: Any, folder: Path) -> None:
    del folder
    del group["dense/kernel:0"]
    group["dense/kernel:0"] = h5py.SoftLink("/model_weights/dense/dense/bias:0")


def external_storage(group: Any, folder: Path) -> None:
    del group["dense/kernel:0"]
    there = [(str(folder / "elsewhere.bin"), 0, 32)]
    group.create_dataset("dense/kernel:0", (4, 2), np.float32, external=there)


def virtual_dataset(group: Any, folder: Path) -> None:
    del group["dense/kernel:0"]
    layout = h5py.VirtualLayout((4, 2), np.float32)
    layout[:] = h5py.VirtualSource(str(folder / "other.h5"), "x", (4, 2))
    group.create_virtual_dataset("dense/kernel:0", layout)


def absurd_shape(group: Any, folder: Path) -> None:
    del folder
    del group["dense/kernel:0"]
    group.create_dataset("dense/kernel:0", (10**6, 10**6), np.float32, chunks=(100, 100))


def compressed_zeros(group: Any, folder: Path) -> None:
    del folder
    zeros = group.create_dataset(
        "zeros", (40_000_000,), np.float32, chunks=(4_000_000,), compression="gzip"
    )
    zeros[:4_000_000] = 0


def linked_in_a_ring(group: Any, folder: Path) -> None:
    del folder
    group["again"] = group


def zip_of(*members: tuple[str, bytes], name: str = "model.zip") -> Write:
    def write(folder: Path, canary: Path) -> None:
        del canary
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members:
                archive.writestr(member, content)

    return write


def symbolic_link_in_a_zip(folder: Path, canary: Path) -> None:
    del canary
    with zipfile.ZipFile(folder / "model.zip", "w") as archive:
        link = zipfile.ZipInfo("saved_model/variables")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc")
        archive.writestr("saved_model/saved_model.pb", graph_of("Relu"))


def lying_zip(folder: Path, canary: Path) -> None:
    """A member that unpacks to more than its directory says."""
    del canary
    real = 100_000_000
    members = (("config.json", bytes(real)), ("model.weights.h5", b""))
    zip_of(*members, name="model.keras")(folder, folder)
    path = folder / "model.keras"
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", real), struct.pack("<I", 1000)))


def npz_bomb(folder: Path, canary: Path) -> None:
    """Weights as NumPy keeps them, which Keras reads where there is no H5: 120 MB in 120 kB."""
    del canary
    file = io.BytesIO()
    np.savez_compressed(file, weights=np.zeros(30_000_000, np.float32))
    members = (("config.json", b"{}"), ("model.weights.npz", file.getvalue()))
    zip_of(*members, name="model.keras")(folder, folder)


def many_members(folder: Path, canary: Path) -> None:
    del canary
    with zipfile.ZipFile(folder / "model.keras", "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number}", b"")


def a_pickle(name: str) -> Write:
    def write(folder: Path, canary: Path) -> None:
        class Canary:
            def __reduce__(self) -> Any:
                return (open, (str(canary), "w"))

        (folder / name).write_bytes(pickle.dumps(Canary()))

    return write


def graph_of(*operations: str) -> bytes:
    """The protobuf of a SavedModel whose graph has these operations."""
    nodes = b"".join(_field(1, _field(1, b"n") + _field(2, each.encode())) for each in operations)
    return _field(2, _field(2, nodes))


def _field(number: int, content: bytes) -> bytes:
    length = len(content)
    size = bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7])
    return bytes([number << 3 | 2]) + size + content


def graph_that_saves(folder: Path, canary: Path) -> None:
    """A SavedModel whose answering function calls the one that saves its variables."""
    del canary
    saver = _field(1, _field(1, b"saver")) + _field(3, _field(1, b"n") + _field(2, b"SaveV2"))
    called = _field(10, _field(1, b"saver"))
    call = _field(2, b"PartitionedCall") + _field(5, _field(1, b"f") + _field(2, called))
    answer = _field(1, _field(1, b"answer")) + _field(3, call)
    library = _field(1, saver) + _field(1, answer)
    graph = _field(1, _field(2, b"Placeholder")) + _field(2, library)
    (folder / "saved_model").mkdir()
    (folder / "saved_model/saved_model.pb").write_bytes(_field(2, _field(2, graph)))


def saved_model(*operations: str) -> Write:
    def write(folder: Path, canary: Path) -> None:
        del canary
        (folder / "saved_model").mkdir()
        (folder / "saved_model/saved_model.pb").write_bytes(graph_of(*operations))

    return write


def linked_elsewhere(folder: Path, canary: Path) -> None:
    del canary
    (folder / "model.h5").symlink_to("/etc/hostname")


def nested_lists(folder: Path, canary: Path) -> None:
    del canary
    config = sequential(dense())
    write_json(folder, config)
    (folder / "architecture.json").write_text(
        '{"class_name": ' + "[" * 100_000 + "]" * 100_000 + "}"
    )


def too_much_json(folder: Path, canary: Path) -> None:
    del canary
    write_json(folder, sequential(dense()))
    (folder / "architecture.json").write_bytes(b'{"a": [' + b"[]," * 4_000_000 + b"0]}")


def junk_in_json(piece: bytes) -> Write:
    """As many small things as a description may hold, in a place where Keras would build them."""

    def write(folder: Path, canary: Path) -> None:
        del canary
        write_json(folder, sequential(dense()))
        text = (folder / "architecture.json").read_bytes()
        junk = piece * (4_000_000 // len(piece))
        junk = b'"units": [' + junk + b"0]"
        (folder / "architecture.json").write_bytes(text.replace(b'"units": 2', junk))

    return write


def function(module: str, name: str) -> Config:
    """A function by name, as Keras 3 writes it."""
    called = {"module": module, "class_name": "function", "config": name, "registered_name": name}
    return layer("Dense", {"units": 2, "activation": called}, module="keras.layers")


def foreign(module: str, name: str) -> Config:
    return layer(name, {"args": ["touch canary"]}, module=module, registered_name=None)


CASES: dict[str, Case] = {
    "Lambda in H5": Case(with_layer(write_h5, a_lambda), "'lambda'"),
    "Lambda in JSON": Case(with_layer(write_json, a_lambda), "program code"),
    "Lambda in .keras": Case(with_layer(write_keras, a_lambda_of_keras_3), "Lambda"),
    "Lambda in TimeDistributed": Case(
        with_layer(write_h5, inside("TimeDistributed", a_lambda)), "Lambda"
    ),
    "Lambda in Bidirectional": Case(
        with_layer(write_json, inside("Bidirectional", a_lambda)), "Lambda"
    ),
    "Lambda in a nested model": Case(with_layer(write_h5, in_a_model), "Lambda"),
    "Lambda as an activation": Case(
        with_layer(
            write_keras,
            lambda canary: layer(
                "Activation", {"activation": a_lambda_of_keras_3(canary)["config"]["function"]}
            ),
        ),
        "__lambda__",
    ),
    "code as an activation": Case(
        with_layer(
            write_h5,
            lambda canary: layer("Dense", {"units": 2, "function": [bytecode(canary), None, None]}),
        ),
        "function",
    ),
    "Merge of Keras 1 with code": Case(
        with_layer(
            write_json,
            lambda canary: layer("Merge", {"mode": bytecode(canary), "mode_type": "lambda"}),
        ),
        "mode_type",
    ),
    "module outside Keras": Case(
        with_config(write_keras, sequential(foreign("os", "system"))), "'os'"
    ),
    "module outside Keras in H5": Case(
        with_config(write_h5, sequential(foreign("subprocess", "Popen"))), "'subprocess'"
    ),
    "module that only starts like Keras": Case(
        with_config(write_json, sequential(foreign("keras_evil.layers", "Dense"))), "keras_evil"
    ),
    "class registered by others": Case(
        with_config(write_keras, sequential(dense(registered_name="Evil>Dense"))), "'Evil'"
    ),
    "get_file as an activation": Case(
        with_config(write_keras, sequential(function("keras.utils", "get_file"))), "'get_file'"
    ),
    "safe mode switched off": Case(
        with_config(
            write_keras, sequential(function("keras.config", "enable_unsafe_deserialization"))
        ),
        "enable_unsafe_deserialization",
    ),
    "TFSMLayer": Case(
        with_config(write_keras, sequential(layer("TFSMLayer", {"filepath": "/elsewhere"}))),
        "TFSMLayer",
    ),
    "TorchModuleWrapper": Case(
        with_config(write_keras, sequential(layer("TorchModuleWrapper", {"module": "x"}))), "pickle"
    ),
    "StringLookup that reads a file": Case(
        with_config(write_keras, sequential(layer("StringLookup", {"vocabulary": "/etc/passwd"}))),
        "vocabulary",
    ),
    "operation that writes files": Case(
        with_config(write_h5, sequential(layer("TFOpLambda", {"function": "io.write_file"}))),
        "io.write_file",
    ),
    "graph node that runs Python": Case(
        with_config(
            write_json,
            sequential(layer("TensorFlowOpLayer", {"node_def": '{"op": "PyFunc"}'})),
        ),
        "PyFunc",
    ),
    "SavedModel that reads files": Case(saved_model("Relu", "ReadFile"), "ReadFile"),
    "SavedModel that runs Python": Case(saved_model("EagerPyFunc"), "EagerPyFunc"),
    "SavedModel that writes files as it answers": Case(graph_that_saves, "reads or writes files"),
    "SavedModel that saves at once": Case(saved_model("SaveV2"), "reads or writes files"),
    "external link": Case(with_weights(external_link), "link"),
    "soft link": Case(with_weights(soft_link), "link"),
    "external storage": Case(with_weights(external_storage), "another file"),
    "virtual dataset": Case(with_weights(virtual_dataset), "another file"),
    "shape of 10^12": Case(with_weights(absurd_shape), "1000000"),
    "zeros that compress": Case(with_weights(compressed_zeros), "declares"),
    "groups in a ring": Case(with_weights(linked_in_a_ring), "twice"),
    "1.5e9 units in H5": Case(
        with_config(write_h5, sequential(dense(1_500_000_000))), "1,500,000,000"
    ),
    "1.5e9 units in JSON": Case(
        with_config(write_json, sequential(dense(1_500_000_000))), "1,500,000,000"
    ),
    "input of 10^12": Case(
        with_config(write_json, sequential(dense(), shape=(10**6, 10**6, 3))), "1000000"
    ),
    "wide layers one after the other": Case(
        with_config(write_keras, sequential(dense(90_000), dense(90_000))), "8,100"
    ),
    "built for another shape": Case(
        with_config(
            write_keras,
            sequential(dense(80_000, build_config={"input_shape": [None, 80_000]})),
        ),
        "6,400",
    ),
    "6,000 layers": Case(with_config(write_json, sequential(*[dense()] * 6_000)), "6,00"),
    "zip bomb": Case(zip_of(("config.json", bytes(100_000_000)), name="model.keras"), "unpacks to"),
    "zip that lies": Case(lying_zip, "config.json", "UnreadableModel"),
    "npz bomb": Case(npz_bomb, "no model.weights.h5", "UnreadableModel"),
    "zip of 20,000 members": Case(many_members, "members"),
    "traversal in a zip": Case(
        zip_of(("saved_model/saved_model.pb", graph_of("Relu")), ("../../canary", b"x")), "leaves"
    ),
    "absolute name in a zip": Case(
        zip_of(("saved_model/saved_model.pb", graph_of("Relu")), ("/elsewhere/canary", b"x")),
        "leaves",
    ),
    "link in a zip": Case(symbolic_link_in_a_zip, "symbolic link"),
    "pickle called .h5": Case(a_pickle("model.h5"), "pickle"),
    "pickle called .keras": Case(a_pickle("model.keras"), "pickle"),
    "pickle": Case(a_pickle("model.pkl"), "model.pkl", "UnreadableModel"),
    "PyTorch": Case(a_pickle("model.pt"), "model.pt", "UnreadableModel"),
    "link to a file elsewhere": Case(linked_elsewhere, "symbolic link"),
    "JSON of 100,000 levels": Case(nested_lists, "deep"),
    "a million empty lists": Case(junk_in_json(b"[],"), "values"),
    "half a million small objects": Case(junk_in_json(b'{"":0},'), "values"),
    "JSON of 12 MB": Case(too_much_json, "bytes"),
}
