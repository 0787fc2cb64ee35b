"""Handwriting: a bundle that scikit-learn trains in a second, and pictures that are new to it."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from inference.labels import serialise_labels
from inference.manifest import (
    GOLDEN_ANSWERS,
    LABELS,
    MODEL_FILE,
    Input,
    Manifest,
    Origin,
    Output,
    Quantisation,
)
from inference.pictures.decoding import PictureLimits, decode
from inference.recipe import Recipe
from tests.inference.drawing import saved
from tests.training.calibration.dense import dense
from training.bundles import digests, load_draft, write_bundle
from training.golden import golden_answers

SIDE = 32
LEARNED = 797
RECIPE = Recipe(colour="L", scale=1 / 255, resize="bilinear")
DIGITS = tuple(map(str, range(10)))


def write_digits(bundle: Path, fresh: Path) -> None:
    """The bundle, of some pictures of the package; the other 1,000 become a folder.

    The package has them writer by writer, so they are mixed first.
    """
    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.images))
    labels = found.target[order]
    pictures = [
        saved(Image.fromarray((image * 255 / 16).round().astype(np.uint8)), "PNG")
        for image in found.images[order]
    ]
    for number, (data, label) in enumerate(zip(pictures, labels, strict=True)):
        if number >= LEARNED:
            (fresh / str(label)).mkdir(parents=True, exist_ok=True)
            (fresh / str(label) / f"{number:04}.png").write_bytes(data)
    write_network(bundle, pictures[:LEARNED], labels[:LEARNED])


def write_network(bundle: Path, pictures: list[bytes], labels: np.ndarray) -> None:
    """A hidden layer of 64 and ten logits, learned from these; it looks at 32 × 32 grey pixels."""
    tensors = [
        decode(each, (SIDE, SIDE), RECIPE, PictureLimits()).pixels.ravel() / 255
        for each in pictures
    ]
    network = MLPClassifier((64,), max_iter=60, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(tensors, labels)
    layers = list(zip(network.coefs_, network.intercepts_, strict=True))
    files = {
        MODEL_FILE["litert"]: dense(layers, SIDE),
        LABELS: serialise_labels(DIGITS),
        "golden/0.png": pictures[0],
        "golden/1.png": pictures[1],
    }
    manifest = Manifest(
        name="digits",
        loader="litert",
        input=Input(width=SIDE, height=SIDE, dtype="float32"),
        recipe=RECIPE,
        output=Output(classes=len(DIGITS), activation="none"),
        quantisation=Quantisation(scheme="none"),
        origin=Origin(source="scikit-learn's digits"),
        made_by={},
        files=digests(files),
    )
    golden = {name: files[f"golden/{name}"] for name in ("0.png", "1.png")}
    with load_draft(manifest, files) as model:
        files[GOLDEN_ANSWERS] = golden_answers(model, golden, 0.02).serialise()
    write_bundle(bundle, manifest.model_copy(update={"files": digests(files)}), files)
