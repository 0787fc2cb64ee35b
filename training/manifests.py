"""What a bundle says of itself, and which files it holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from inference.keras_files.inspection import Inspection
from inference.keras_files.names import ModelFiles, find_model_files
from inference.manifest import (
    LABELS,
    MODEL_FILE,
    SOURCE,
    Accuracy,
    Input,
    Manifest,
    Origin,
    Output,
    Quantisation,
)
from inference.recipe import Recipe
from training.bundles import digests
from training.jobs import KERAS_FILE, LITERT_FILE, Conversion
from training.proof import Scheme

GOLDEN_TOLERANCE: Final[dict[Scheme, float]] = {"none": 0.02, "float16": 0.02, "int8": 0.05}
"""How far a golden score may move on another processor; docs/default-model.md measures it."""

_MOST_TOLERATED: Final = 0.5


def golden_tolerance(conversion: Conversion) -> float:
    """How far the golden scores of what was converted may move.

    What is kept although it rounds as no copy does, rounds in another way on another processor.
    """
    rounding = min(round(conversion.rounding, 2), _MOST_TOLERATED)
    return max(GOLDEN_TOLERANCE[conversion.scheme], rounding)


def describe(
    name: str,
    found: Inspection,
    conversion: Conversion,
    recipe: Recipe,
    files: Mapping[str, bytes],
    *,
    calibration_pictures: int = 0,
    accuracy: Accuracy | None = None,
) -> Manifest:
    """The manifest of a bundle of `files`, as far as it is known by now."""
    width, height = conversion.size
    return Manifest(
        name=name,
        loader=conversion.loader,
        input=Input(width=width, height=height, dtype=conversion.dtype),
        recipe=recipe,
        output=Output(classes=conversion.classes, activation=conversion.activation),
        quantisation=Quantisation(
            scheme=conversion.scheme,
            agreement=conversion.proof.agreement() if conversion.proof else None,
            calibration_pictures=calibration_pictures or None,
        ),
        accuracy=accuracy,
        origin=Origin(
            source=" + ".join(found.files.needs),
            written_by=conversion.written_by,
            mended=list(conversion.mended) or None,
        ),
        made_by=dict(sorted(conversion.made_by)),
        files=digests(files),
    )


def served_files(
    conversion: Conversion, source: Path, out: Path, labels: bytes
) -> dict[str, bytes]:
    """What the loader reads: the model that a conversion left in `out`, and the labels.

    A SavedModel that is served by TensorFlow is taken from `source` as it is.
    """
    if conversion.loader == "litert":
        return {LABELS: labels, MODEL_FILE["litert"]: (out / LITERT_FILE).read_bytes()}
    kept = out / KERAS_FILE
    if not kept.exists():
        names = [path.relative_to(source).as_posix() for path in _all_files(source)]
        return {LABELS: labels, **source_files(source, find_model_files(names))}
    return {LABELS: labels, f"{SOURCE}{KERAS_FILE}": kept.read_bytes()}


def source_files(folder: Path, files: ModelFiles) -> dict[str, bytes]:
    """The files that the model was made of, for the record."""
    paths = [path for name in files.needs for path in _all_files(folder / name)]
    return {f"{SOURCE}{path.relative_to(folder).as_posix()}": path.read_bytes() for path in paths}


def _all_files(path: Path) -> list[Path]:
    return sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
