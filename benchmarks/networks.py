"""The networks that are measured: well-known shapes with seeded random weights.

Random weights cost what trained ones cost. But a network that says the same of every picture
would hide a server that decodes wrongly, so each network is made to tell the pictures apart that
it is sent: its batch normalisation is adapted to them, and the last layer has a class for each.

`python -m benchmarks.networks NAME FOLDER` makes one, in a process of its own, because TensorFlow
is not to be in the memory of whoever measures.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.workshop import PROJECT, made, say
from inference.recipe import Recipe

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

RECIPE = Recipe(resize="bilinear", fit="squash", scale=1 / 127.5, mean=(1.0,), std=(1.0,))
CLASSES = 1000
_CERTAINTY = 12.0  # logits between the class of a picture and the others


@dataclass(frozen=True, slots=True)
class Network:
    """A function of `keras.applications` and the size of picture that it is built for."""

    architecture: str
    size: int


NETWORKS = {
    "mobilenet_v2": Network("MobileNetV2", 224),
    "resnet50": Network("ResNet50", 224),
    # As in one of the field reports: almost 18 million parameters below the last layer.
    "efficientnet_b4": Network("EfficientNetB4", 380),
}
FLOAT32, INT8, KERAS = "float32", "int8", "network.keras"


def network_folder(name: str) -> Path:
    """A folder with the bundles `float32` and `int8` and the file `network.keras`."""

    def make(folder: Path) -> None:
        say(f"building {name} (up to two minutes)")
        command = [sys.executable, "-m", "benchmarks.networks", name, str(folder)]
        quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        done = subprocess.run(command, cwd=PROJECT, env=quiet, capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(f"{name} cannot be built:\n{done.stderr.decode()}")

    return made(f"network-{name}", [Path(__file__).read_bytes()], make)


def bundle(name: str, scheme: str = FLOAT32) -> Path:
    """The bundle of one network in `float32` or `int8`."""
    return network_folder(name) / scheme


def _build(name: str, folder: Path) -> None:
    import keras
    import numpy as np

    from training.litert import to_float32, to_int8

    network, pictures = NETWORKS[name], _pictures(NETWORKS[name].size)
    keras.utils.set_random_seed(20)
    built = getattr(keras.applications, network.architecture)(weights=None, classes=CLASSES)
    _adapt(built, pictures)
    built.save(folder / KERAS)
    _write(folder / FLOAT32, name, to_float32(built), "float32")
    calibration = [picture[np.newaxis] for picture in pictures]
    _write(folder / INT8, name, to_int8(built, calibration), "uint8")


def _pictures(size: int) -> NDArray[np.float32]:
    """The pictures that are sent, as `(8, size, size, 3)` tensors."""
    import numpy as np

    from benchmarks.photographs import SIZES, photographs
    from inference.pictures.decoding import PictureLimits, decode
    from inference.tensors import TensorTable, TensorType

    to_tensor = TensorTable(RECIPE, TensorType(np.dtype(np.float32))).tensor
    return np.concatenate(
        [
            to_tensor(decode(path.read_bytes(), (size, size), RECIPE, PictureLimits()).pixels)
            for each in SIZES
            for path in photographs(each)
        ]
    )


def _adapt(network: keras.Model, pictures: NDArray[np.float32]) -> None:
    """Let `network` give each photograph, small or large, a class of its own."""
    import keras
    import numpy as np

    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0  # one batch, and the averages are those of the pictures
    network(pictures, training=True)
    last = network.get_layer("predictions")
    below = keras.Model(network.input, last.input)
    features = np.asarray(below(pictures, training=False), np.float64)
    photos = len(features) // 2  # the small ones first, then the same enlarged
    each = (features[:photos] + features[photos:]) / 2
    middle = each.mean(axis=0)
    weights, bias = np.zeros((features.shape[1], CLASSES)), np.zeros(CLASSES)
    for photo in range(photos):
        apart = each[photo] - middle
        towards = _CERTAINTY * apart / (apart @ apart)
        index = class_of(photo)
        weights[:, index], bias[index] = towards, -middle @ towards
    last.set_weights([weights, bias])


def class_of(photo: int) -> int:
    """The class that every network gives to a photograph, by its place among the pictures."""
    return 101 + 211 * photo


def _write(folder: Path, name: str, model: bytes, dtype: Any) -> None:
    from inference.manifest import (
        LABELS,
        MODEL_FILE,
        Input,
        Manifest,
        Origin,
        Output,
        Quantisation,
    )
    from training.bundles import digests, write_bundle
    from training.litert import MADE_BY

    labels = "".join(f"class {index}\n" for index in range(CLASSES))
    files = {MODEL_FILE["litert"]: model, LABELS: labels.encode()}
    size = NETWORKS[name].size
    manifest = Manifest(
        name=name.replace("_", "-"),
        loader="litert",
        input=Input(width=size, height=size, dtype=dtype),
        recipe=RECIPE,
        output=Output(classes=CLASSES, activation="softmax"),
        quantisation=Quantisation(scheme="none" if dtype == "float32" else "int8"),
        origin=Origin(source=f"{NETWORKS[name].architecture} with random weights"),
        made_by=MADE_BY,
        files=digests(files),
    )
    write_bundle(folder, manifest, files)


if __name__ == "__main__":
    _build(sys.argv[1], Path(sys.argv[2]))
