"""A form of a network of which only the accuracy matters."""

from __future__ import annotations

import numpy as np

from inference.manifest import (
    LABELS,
    MODEL_FILE,
    Accuracy,
    Input,
    Manifest,
    Origin,
    Output,
    Quantisation,
)
from inference.recipe import Recipe
from training.bundles import digests
from training.jobs import Conversion
from training.proof import Scheme
from training.transfer.candidates import Candidate


def candidate(scheme: Scheme, accuracy: float) -> Candidate:
    """A form that is right so often."""
    files = {LABELS: b"a\nb\n", MODEL_FILE["litert"]: b""}
    manifest = Manifest(
        name="model",
        loader="litert",
        input=Input(width=1, height=1, dtype="float32"),
        recipe=Recipe(),
        output=Output(classes=2, activation="none"),
        quantisation=Quantisation(scheme=scheme),
        origin=Origin(source="a test"),
        made_by={},
        files=digests(files),
    )
    conversion = Conversion(
        "litert", scheme, "float32", (1, 1), 3, 2, "none", "keras", "a test", ()
    )
    measured = Accuracy(top1=accuracy, pictures=1000, data_sha256="0" * 64)
    return Candidate(scheme, conversion, manifest, files, measured, np.zeros(1, np.intp))
