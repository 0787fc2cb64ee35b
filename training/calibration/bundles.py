"""A bundle without its calibration, and with another one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from inference.bundle import Bundle
from inference.calibration import Calibration
from inference.golden import GoldenAnswers, verify
from inference.manifest import CALIBRATION, GOLDEN_ANSWERS, Calibrated, Manifest
from inference.model import Model
from training.bundles import digests, load_draft
from training.golden import golden_answers


@contextmanager
def uncalibrated(bundle: Bundle) -> Iterator[tuple[Model, dict[str, bytes]]]:
    """The model as it was before any calibration, and the files of its bundle."""
    files = {name: bundle.read(name) for name in bundle.manifest.files if name != CALIBRATION}
    update: dict[str, Any] = {"files": digests(files), "calibration": None}
    with load_draft(bundle.manifest.model_copy(update=update), files) as model:
        yield model, files


def calibrated(
    bundle: Bundle, files: dict[str, bytes], calibration: Calibration, measured: Calibrated
) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest and the files of the calibrated bundle, its golden answers told anew."""
    whole = {**files, CALIBRATION: calibration.serialise()}
    update: dict[str, Any] = {"calibration": measured, "files": digests(whole)}
    manifest = bundle.manifest.model_copy(update=update)
    if GOLDEN_ANSWERS in files:
        before = GoldenAnswers.model_validate_json(files[GOLDEN_ANSWERS])
        pictures = {each.picture: files[f"golden/{each.picture}"] for each in before.answers}
        with load_draft(manifest, whole) as model:
            after = golden_answers(model, pictures, before.tolerance)
        whole[GOLDEN_ANSWERS] = after.serialise()
        manifest = manifest.model_copy(update={"files": digests(whole)})
    with load_draft(manifest, whole) as model:
        verify(model)
    return manifest, whole
