"""From a trained head to a bundle: assembled, converted, proved, measured, described."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from inference.errors import ModelError
from inference.golden import verify
from inference.keras_files import inspect
from inference.labels import serialise_labels
from inference.manifest import GOLDEN_ANSWERS, SOURCE, Manifest, Origin
from training.bundles import digests, load_draft, write_bundle
from training.exhibits import MOST_CALIBRATING
from training.golden import golden_answers
from training.jobs import KERAS_FILE
from training.manifests import GOLDEN_TOLERANCE, describe, served_files
from training.transfer.assembly import HEAD_FILE, Assembly, assemble_apart
from training.transfer.backbones import LITE0_LICENCE, LITE0_URL, Backbone
from training.transfer.candidates import FORMS, SCHEMES, Candidate, Quantise, check_proof, choose
from training.transfer.candidates import measure as measure_form
from training.transfer.card import MODEL_CARD, Facts, confusion, model_card
from training.transfer.copies import evenly, golden_pictures
from training.transfer.course import Course
from training.transfer.heads import Head
from training.transfer.splits import Split
from training.transfer.survey import Sample

_MOST_PROVING: Final = 50
"""Pictures that the Keras network answers too, layer by layer: a tenth of a second for each. All
that is held out measures what is served."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What training came to: a head for layers of `backbone`, and how, in sentences."""

    backbone: Backbone
    part: tuple[int, ...]
    head: Head
    method: tuple[str, ...]
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Commission:
    """The bundle that is wanted: where, called what, of which pictures."""

    out: Path
    name: str
    labels: tuple[str, ...]
    split: Split
    quantise: Quantise = "auto"
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """The bundle that was written, every form that was measured, and why others were not.

    `recalled` is of each class how many held-out pictures were recognised, of how many.
    """

    release: str
    manifest: Manifest
    candidates: tuple[Candidate, ...]
    chosen: Candidate
    refused: tuple[str, ...]
    method: tuple[str, ...]
    stopped: bool
    recalled: tuple[tuple[int, int], ...]


def make_bundle(wanted: Commission, trained: Trained, course: Course) -> Made:
    """Write the bundle of `trained`. Raises `ModelError` when no form may be served."""
    candidates, refused, keras_file = _candidates(wanted, trained, course)
    if not candidates:
        raise ModelError(f"the trained network cannot be served: {'; '.join(refused)}")
    chosen = choose(candidates)
    files = {**chosen.files, f"{SOURCE}{KERAS_FILE}": keras_file}
    manifest = chosen.manifest
    with load_draft(manifest, chosen.files) as model:
        golden = golden_pictures(wanted.split.held_out)
        answers = golden_answers(model, golden, GOLDEN_TOLERANCE[chosen.scheme])
    files |= {f"golden/{name}": content for name, content in golden.items()}
    files[GOLDEN_ANSWERS] = answers.serialise()
    files[MODEL_CARD] = _card(wanted, trained, candidates, chosen).encode()
    manifest = manifest.model_copy(update={"accuracy": chosen.accuracy, "files": digests(files)})
    with load_draft(manifest, files) as model:
        verify(model)
    release = write_bundle(wanted.out, manifest, files)
    return Made(
        release,
        manifest,
        tuple(candidates),
        chosen,
        tuple(refused),
        trained.method,
        trained.stopped,
        _recalled(wanted, chosen),
    )


def _recalled(wanted: Commission, chosen: Candidate) -> tuple[tuple[int, int], ...]:
    right = np.array([each.index for each in wanted.split.held_out])
    matrix = confusion(right, chosen.answers, len(wanted.labels))
    return tuple((int(row[index]), int(row.sum())) for index, row in enumerate(matrix))


def _candidates(
    wanted: Commission, trained: Trained, course: Course
) -> tuple[list[Candidate], list[str], bytes]:
    """Every form that may be served, measured; why others may not; the Keras file of all."""
    split, backbone = wanted.split, trained.backbone
    calibrating = evenly(split.training, MOST_CALIBRATING)
    with TemporaryDirectory(prefix="microlens-") as place:
        folder = Path(place)
        np.savez(folder / HEAD_FILE, kernel=trained.head.kernel, bias=trained.head.bias)
        course.phase("putting the network together and converting it")
        conversions = assemble_apart(
            Assembly(
                backbone=backbone,
                part=trained.part,
                folder=folder,
                labels=len(wanted.labels),
                schemes=SCHEMES[wanted.quantise],
                pictures=_paths(evenly(split.held_out, _MOST_PROVING)),
                calibration=_paths(calibrating),
            )
        )
        source = folder / "source"
        found = inspect(source)
        candidates, refused = [], []
        for scheme, conversion in conversions.items():
            why = conversion if isinstance(conversion, str) else check_proof(conversion)
            if isinstance(conversion, str) or why:
                refused.append(f"{FORMS[scheme]}: {why}")
                continue
            files = served_files(
                conversion, source, folder / scheme, serialise_labels(wanted.labels)
            )
            count = len(calibrating) if scheme == "int8" else 0
            manifest = describe(
                wanted.name, found, conversion, backbone.recipe, files, calibration_pictures=count
            )
            manifest = manifest.model_copy(update={"origin": _origin(backbone, found.written_by)})
            candidates.append(measure_form(conversion, manifest, files, split.held_out, course))
        return candidates, refused, (source / KERAS_FILE).read_bytes()


def _paths(samples: Sequence[Sample]) -> tuple[Path, ...]:
    """Absolute, because a child works in a folder of its own."""
    return tuple(each.picture.path.resolve() for each in samples)


def _origin(backbone: Backbone, written_by: str) -> Origin:
    source = f"a folder of pictures, learned on {backbone.name}"
    if backbone.file:
        return Origin(source=source, written_by=written_by)
    # Of the backbone: whoever owns the pictures says what may be done with what they taught.
    return Origin(
        source=source, written_by=written_by, licence=f"backbone: {LITE0_LICENCE}", url=LITE0_URL
    )


def _card(
    wanted: Commission, trained: Trained, candidates: Sequence[Candidate], chosen: Candidate
) -> str:
    split, backbone = wanted.split, trained.backbone
    sides = [[each.index for each in side] for side in (split.training, split.held_out)]
    facts = Facts(
        name=wanted.name,
        labels=wanted.labels,
        counts=[(sides[0].count(at), sides[1].count(at)) for at in range(len(wanted.labels))],
        split_by=split.by,
        data_sha256=chosen.accuracy.data_sha256,
        backbone=backbone.name,
        licence="its owner's to tell" if backbone.file else LITE0_LICENCE,
        method=trained.method,
        forms=[
            (FORMS[each.scheme] + (", served" if each is chosen else ""), str(each))
            for each in candidates
        ],
        remarks=wanted.remarks,
    )
    return model_card(facts, np.array(sides[1]), chosen.answers)
