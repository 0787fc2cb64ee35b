"""The trained network in the forms that may be served, each measured on what was held out."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from inference.cores import cores
from inference.errors import ModelError
from inference.manifest import Accuracy, Manifest
from inference.model import Model
from training.bundles import load_draft
from training.evidence import accuracy_of
from training.jobs import Conversion
from training.proof import Scheme, check
from training.transfer.course import Course
from training.transfer.survey import Sample

Quantise = Literal["auto", "none", "int8"]

SCHEMES: Final[dict[Quantise, tuple[Scheme, ...]]] = {
    "auto": ("none", "int8"),
    "none": ("none",),
    "int8": ("int8",),
}

MOST_LOST: Final = 0.005
"""Of the held-out accuracy: what int8 may cost where it was not asked for by name."""

FORMS: Final[dict[Scheme, str]] = {"none": "float32", "float16": "float16", "int8": "int8"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One form of the network; `answers` are the classes it gives to the held-out pictures."""

    scheme: Scheme
    conversion: Conversion
    manifest: Manifest
    files: dict[str, bytes]
    accuracy: Accuracy
    answers: NDArray[np.intp]

    @property
    def form(self) -> str:
        """The form, in a word."""
        return FORMS[self.scheme]

    def as_object(self) -> dict[str, Any]:
        """The measurements as JSON has them."""
        proof = self.conversion.proof
        return {
            "accuracy": self.accuracy.model_dump(mode="json"),
            "agreement": proof.agreement().model_dump(mode="json") if proof else None,
        }

    def __str__(self) -> str:
        right = f"{self.accuracy.top1:.1%} of {self.accuracy.pictures} right"
        return f"{right}; {self.conversion.proof}" if self.conversion.proof else right


def check_proof(conversion: Conversion) -> str | None:
    """Why this form may not be served; None if it answers like the network it was made from."""
    try:
        if conversion.proof:
            check(conversion.proof, conversion.scheme)
    except ModelError as exc:
        return str(exc)
    return None


def measure(
    conversion: Conversion,
    manifest: Manifest,
    files: dict[str, bytes],
    held_out: Sequence[Sample],
    course: Course,
) -> Candidate:
    """Let the form answer the held-out pictures as a service would, on all cores."""
    course.phase(f"measuring {FORMS[conversion.scheme]}", len(held_out))
    pictures = [each.picture for each in held_out]
    with load_draft(manifest, files) as model, ThreadPoolExecutor(cores()) as pool:
        rows = []
        for done, row in enumerate(pool.map(lambda each: _scores(model, each), held_out), start=1):
            rows.append(row)
            course.step(done)
    scores = np.stack(rows)
    accuracy = accuracy_of(pictures, scores)
    answers = scores.argmax(axis=1)
    return Candidate(conversion.scheme, conversion, manifest, files, accuracy, answers)


def choose(candidates: Sequence[Candidate]) -> Candidate:
    """int8 unless it costs more than `MOST_LOST` of the accuracy; the only one, if it is."""
    by_scheme = {each.scheme: each for each in candidates}
    small, exact = by_scheme.get("int8"), by_scheme.get("none")
    if small is None or exact is None:
        return candidates[0]
    lost = exact.accuracy.top1 - small.accuracy.top1
    return small if lost <= MOST_LOST else exact


def _scores(model: Model, sample: Sample) -> NDArray[np.float32]:
    return model.scores(sample.picture.pixels(model.size, model.recipe))
