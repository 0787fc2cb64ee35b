"""Generations of a model's plain files, made of NumPy, each of which can be told by its content.

A generation is `architecture.json`, `weights.h5` as Keras 2 wrote it, and `labels.txt`. Widths
of layers differ between any few that follow each other, so that a mixture never fits together;
with `alike`, all have the same shapes, and only their values and labels differ.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from inference.bundle import Bundle
from inference.manifest import SOURCE

ARCHITECTURE, WEIGHTS, LABELS_FILE = "architecture.json", "weights.h5", "labels.txt"
RECIPE = b'{"scale": 0.00392156862745098}'


@dataclass(frozen=True)
class Generation:
    """One of them: its number is in every weight and in every label."""

    number: int
    alike: bool = False

    @property
    def hidden(self) -> int:
        return 4 if self.alike else 3 + self.number % 11

    @property
    def classes(self) -> int:
        return 3 if self.alike else 2 + self.number % 7

    def files(self) -> dict[str, bytes]:
        """File name → content."""
        labels = "".join(f"{self.number}-{index}\n" for index in range(self.classes))
        return {
            ARCHITECTURE: self._architecture(),
            WEIGHTS: self._weights(),
            LABELS_FILE: labels.encode(),
        }

    def _architecture(self) -> bytes:
        shape = {"batch_input_shape": [None, 4, 4, 3], "dtype": "float32"}
        layers = [
            _layer("Flatten", "flatten", **shape),
            _layer("Dense", "hidden", units=self.hidden, activation="relu", use_bias=True),
            _layer("Dense", "answer", units=self.classes, activation="softmax", use_bias=True),
        ]
        network = {"name": "sequential_1", "layers": layers}
        return json.dumps(
            {
                "class_name": "Sequential",
                "config": network,
                "keras_version": "2.2.4",
                "backend": "tensorflow",
            }
        ).encode()

    def _weights(self) -> bytes:
        content = io.BytesIO()
        with h5py.File(content, "w") as file:
            file.attrs["layer_names"] = np.array([b"flatten", b"hidden", b"answer"])
            file.attrs["keras_version"] = b"2.2.4"
            file.attrs["backend"] = b"tensorflow"
            file.create_group("flatten").attrs["weight_names"] = np.array([], "S1")
            for name, size, width in (
                ("hidden", 48, self.hidden),
                ("answer", self.hidden, self.classes),
            ):
                group = file.create_group(name)
                names = [f"{name}/kernel:0", f"{name}/bias:0"]
                group.attrs["weight_names"] = np.array([each.encode() for each in names])
                for each, of in zip(names, ((size, width), (width,)), strict=True):
                    group.create_dataset(each, data=np.full(of, self.number, np.float32))
        return content.getvalue()


def numbers_in(bundle: Bundle) -> set[int]:
    """The generations that the files of a bundle come from: one, if it is whole and not mixed."""
    numbers = {int(label.partition("-")[0]) for label in bundle.labels()}
    with h5py.File(io.BytesIO(bundle.read(SOURCE + WEIGHTS)), "r") as file:
        for name in ("hidden", "answer"):
            kernel = file[name][f"{name}/kernel:0"][()]
            numbers |= {int(value) for value in np.unique(kernel)}
            units = _units(bundle, name)
            assert kernel.shape[-1] == units, "architecture and weights are of two generations"
    return numbers


def _units(bundle: Bundle, name: str) -> int:
    document = json.loads(bundle.read(SOURCE + ARCHITECTURE))
    [units] = [
        layer["config"]["units"]
        for layer in document["config"]["layers"]
        if layer["config"]["name"] == name
    ]
    return int(units)


def _layer(kind: str, name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": name, "trainable": True, **config}}
